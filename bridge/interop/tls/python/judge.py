"""Has boto3, stomp.py and nats-py connect in TLS with a private CA: one line of JSON for each case. The argument is
the JSON of ../site_test.go."""

import asyncio
import json
import queue as queues
import ssl
import sys

import boto3
import botocore.config
import botocore.exceptions
import nats
import nats.errors
import nats.js.api
import stomp
import stomp.exception
from botocore import UNSIGNED
from report import equal, raises, run

PATIENCE = 180  # seconds; no measure, but when to give up
SITE = json.loads(sys.argv[1])


def sqs_client(verify, **config):
    return boto3.client(
        "sqs", endpoint_url=f"https://{SITE['sqs']}", region_name="us-east-1", verify=verify,
        aws_access_key_id=SITE["accessKey"], aws_secret_access_key=SITE["secret"],
        config=botocore.config.Config(retries={"max_attempts": 0}, read_timeout=PATIENCE, connect_timeout=PATIENCE, **config),
    )


def sqs_exchange(client):
    url = client.create_queue(QueueName="python-sqs")["QueueUrl"]
    equal(url, f"https://{SITE['sqs']}/000000000000/python-sqs", "the URL")
    client.send_message(QueueUrl=url, MessageBody="hello")
    [message] = client.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    equal(message["Body"], "hello")
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def sqs_signed():
    sqs_exchange(sqs_client(SITE["ca"]))


def sqs_by_certificate():
    sqs_exchange(sqs_client(SITE["ca"], client_cert=(SITE["cert"], SITE["key"]), signature_version=UNSIGNED))


def sqs_untrusted():
    raises(botocore.exceptions.SSLError, sqs_client(True).list_queues)


class Listener(stomp.ConnectionListener):
    """Puts what the server says into a queue that the caller waits on."""

    def __init__(self):
        self.frames = queues.Queue()

    def on_message(self, frame):
        self.frames.put(frame)

    def on_error(self, frame):
        self.frames.put(frame)


def stomp_connection(**ssl_options):
    host, port = SITE["stomp"].rsplit(":", 1)
    address = (host, int(port))
    conn = stomp.Connection12([address], reconnect_attempts_max=1)
    conn.set_ssl([address], **ssl_options)
    return conn


def stomp_exchange(conn, **login):
    listener = Listener()
    conn.set_listener("", listener)
    conn.connect(wait=True, **login)
    conn.subscribe("/queue/python-stomp", id="0")
    conn.send("/queue/python-stomp", "hello")
    equal(listener.frames.get(timeout=PATIENCE).body, "hello")
    conn.disconnect()


def stomp_by_passcode():
    stomp_exchange(stomp_connection(ca_certs=SITE["ca"]), username=SITE["user"], passcode=SITE["password"])


def stomp_by_certificate():
    stomp_exchange(stomp_connection(ca_certs=SITE["ca"], cert_file=SITE["cert"], key_file=SITE["key"]))


def stomp_untrusted():
    raises(stomp.exception.ConnectFailedException, stomp_connection().connect, wait=True)


def trust(ca=None, cert=False):
    context = ssl.create_default_context(cafile=ca)
    if cert:
        context.load_cert_chain(SITE["cert"], SITE["key"])
    return context


async def nats_connection(address, **options):
    """Tries again where this machine is too busy for the time that a login may take."""
    for last in (False, False, False, True):
        try:
            return await nats.connect(f"tls://{address}", **options)
        except nats.errors.Error as e:
            if last or "Authentication Timeout" not in str(e):
                raise


async def nats_exchange(address, context, **options):
    nc = await nats_connection(address, tls=context, allow_reconnect=False, connect_timeout=PATIENCE, **options)
    try:
        js = nc.jetstream(timeout=PATIENCE)
        await js.add_stream(name="python-nats", retention=nats.js.api.RetentionPolicy.WORK_QUEUE)
        pull = await js.pull_subscribe("python-nats", "c")
        await js.publish("python-nats", b"hello")
        [message] = await pull.fetch(1, timeout=PATIENCE)
        equal(message.data, b"hello")
        await message.ack_sync(timeout=PATIENCE)
    finally:
        await nc.close()


def nats_by_password():
    asyncio.run(nats_exchange(SITE["nats"], trust(SITE["ca"]), user=SITE["user"], password=SITE["password"]))


def nats_by_certificate():
    asyncio.run(nats_exchange(SITE["nats"], trust(SITE["ca"], True)))


def nats_first():
    asyncio.run(nats_exchange(SITE["first"], trust(SITE["ca"], True), tls_handshake_first=True))


def nats_untrusted():
    raises(ssl.SSLCertVerificationError, lambda: asyncio.run(nats_exchange(SITE["nats"], trust())))


run([
    sqs_signed, sqs_by_certificate, sqs_untrusted, stomp_by_passcode, stomp_by_certificate, stomp_untrusted,
    nats_by_password, nats_by_certificate, nats_first, nats_untrusted,
])
