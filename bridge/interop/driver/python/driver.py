"""The driver for Python: boto3, stomp.py and nats-py.

Reads requests from standard input and writes replies to standard output, one
line of JSON each. See bridge/interop/README.md.
"""

import base64
import json
import platform
import sys
import time
from importlib.metadata import version

from nats_client import NATS
from sqs_client import SQS
from stomp_client import STOMP

CLIENTS = {"stomp": STOMP, "nats": NATS, "sqs": SQS}


class Deadline:
    """The time that is left for one request."""

    def __init__(self, milliseconds):
        self.end = time.monotonic() + milliseconds / 1000

    def left(self):
        return max(0.0, self.end - time.monotonic())


def hello():
    return {
        "language": "python " + platform.python_version(),
        "clients": {
            "stomp": "stomp.py " + version("stomp.py"),
            "nats": "nats-py " + version("nats-py"),
            "sqs": "boto3 " + version("boto3"),
        },
    }


def serve(open_clients, r):
    deadline = Deadline(r["timeout_ms"])
    if r["do"] == "hello":
        return hello()
    key = (r["dialect"], r["addr"])
    if key not in open_clients:
        open_clients[key] = CLIENTS[r["dialect"]](r["addr"])
    client = open_clients[key]
    if r["do"] == "produce":
        messages = r["messages"]
        for m in messages:
            m["body"] = base64.b64decode(m["body"] or "")
        client.produce(r["queue"], messages, deadline)
        return {}
    if r["do"] == "consume":
        messages = client.consume(r["queue"], r["count"], r["settle"], deadline)
        for m in messages:
            m["body"] = base64.b64encode(m["body"]).decode()
        return {"messages": messages}
    if r["do"] == "settle":
        client.settle(r["queue"], r["handles"], r["settle"], deadline)
        return {}
    if r["do"] == "count":
        return {"counts": client.count(r["queue"], deadline)}
    if r["do"] == "close":
        open_clients.pop(key).close()
        return {}
    raise ValueError(f"{r['do']!r} is nothing a driver does")


def main():
    open_clients = {}
    for line in sys.stdin:
        r = json.loads(line)
        try:
            reply = serve(open_clients, r)
        except Exception as e:
            reply = {"error": f"{type(e).__name__}: {e}"}
        reply["id"] = r["id"]
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
