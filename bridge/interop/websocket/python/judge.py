"""Judges the STOMP gateway by stomp.py over websocket-client, and by stomp.py over TLS:
one line of JSON for each case. Arguments: host:port, and the file of the certificate to trust."""

import queue as queues
import sys

import stomp
from report import run

PATIENCE = 180  # seconds; no measure, but when to give up
HOST, PORT = sys.argv[1].rsplit(":", 1)
ADDRESS = (HOST, int(PORT))
BODY = "wörld € and more\n" * 10_000


class Listener(stomp.ConnectionListener):
    """Puts what the server says into a queue that the caller waits on."""

    def __init__(self):
        self.frames = queues.Queue()

    def on_message(self, frame):
        self.frames.put(("MESSAGE", frame))

    def on_receipt(self, frame):
        self.frames.put(("RECEIPT", frame))

    def on_error(self, frame):
        self.frames.put(("ERROR", frame))

    def next(self, want):
        while True:
            kind, frame = self.frames.get(timeout=PATIENCE)
            if kind == want:
                return frame
            if kind == "ERROR":
                raise AssertionError(f"{frame.headers.get('message')}: {frame.body}")


def secured(conn):
    conn.set_ssl([ADDRESS], ca_certs=sys.argv[2])
    return conn


def exchange(conn, queue):
    """Sends one message and takes it back."""
    listener = Listener()
    conn.set_listener("", listener)
    conn.connect(wait=True)
    conn.subscribe(queue, id="0", ack="client-individual")
    conn.send(queue, BODY, receipt="sent")
    message = listener.next("MESSAGE")
    assert message.body == BODY, f"{len(message.body)} characters, not {len(BODY)}"
    conn.ack(message.headers["ack"], receipt="settled")
    while listener.next("RECEIPT").headers["receipt-id"] != "settled":
        pass
    conn.disconnect(receipt="last")
    while listener.next("RECEIPT").headers["receipt-id"] != "last":
        pass


def web():
    exchange(stomp.WSStompConnection([ADDRESS], ws_path="/ws"), "/queue/python-web")


def web_in_binary():
    exchange(stomp.WSStompConnection([ADDRESS], binary_mode=True), "/queue/python-binary")


def web_in_tls():
    exchange(secured(stomp.WSStompConnection([ADDRESS], ws_path="/stomp")), "/queue/python-wss")


def tls():
    exchange(secured(stomp.Connection12([ADDRESS])), "/queue/python-tls")


CASES = [web, web_in_binary, web_in_tls, tls]
run(CASES)
