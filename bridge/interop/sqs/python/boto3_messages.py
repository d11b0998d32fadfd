"""Messages: bodies, attributes, digests, filters, visibility, long polls."""

import hashlib
import struct
import threading

from boto3_client import attribute, client, make, receive, receive_one
from report import equal, raises, within

BODIES = [
    "plain",
    "{\"json\": [1, 2.5, null, \"\\u00e9\"]}",
    "<xml a=\"1\">&amp; ]]> </xml>",
    " leading, trailing, double  spaces ",
    "tab\there\nline\rreturn\r\nboth",
    "é ü ß 漢字 \U0001f600 \ufffd \ud7ff",
    "a=b&c=d+e%20f;g",
    "x" * 1_000_000,
]

ATTRIBUTES = {
    "text": {"DataType": "String", "StringValue": "a\tb <&> é \U0001f600"},
    "label.of-its_own": {"DataType": "String.own_label-1.2", "StringValue": "1"},
    "number": {"DataType": "Number", "StringValue": "-12345678901234567890.123456789"},
    "number.int": {"DataType": "Number.int", "StringValue": "7"},
    "binary": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
    "binary.gzip": {"DataType": "Binary.gzip", "BinaryValue": b"\x00"},
}


def digest(attributes):
    """Computes MD5OfMessageAttributes as the developer guide tells to."""
    h = hashlib.md5()
    for name in sorted(attributes):
        a = attributes[name]
        for text in (name, a["DataType"]):
            h.update(struct.pack(">I", len(text.encode())) + text.encode())
        value = a["BinaryValue"] if "BinaryValue" in a else a["StringValue"].encode()
        h.update((b"\x02" if "BinaryValue" in a else b"\x01") + struct.pack(">I", len(value)) + value)
    return h.hexdigest()


def bodies(c):
    url = make(c, "bodies")
    for body in BODIES:
        sent = c.send_message(QueueUrl=url, MessageBody=body)
        got = receive_one(c, url)
        equal(got["Body"], body)
        md5 = hashlib.md5(body.encode()).hexdigest()
        equal((sent["MD5OfMessageBody"], got["MD5OfBody"]), (md5, md5))
        equal(got["MessageId"], sent["MessageId"])
        equal(sorted(got), ["Body", "MD5OfBody", "MessageId", "ReceiptHandle"], "members of a message")
        c.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    equal(attribute(c, url, "ApproximateNumberOfMessagesNotVisible"), "0")


def message_attributes(c):
    url = make(c, "message-attributes")
    sent = c.send_message(QueueUrl=url, MessageBody="m", MessageAttributes=ATTRIBUTES)
    equal(sent["MD5OfMessageAttributes"], digest(ATTRIBUTES))
    got = receive_one(c, url, MessageAttributeNames=["All"])
    equal(got["MessageAttributes"], ATTRIBUTES)
    equal(got["MD5OfMessageAttributes"], digest(ATTRIBUTES))


def attribute_filters(c):
    url = make(c, "filters", VisibilityTimeout="0")
    c.send_message(QueueUrl=url, MessageBody="m", MessageAttributes=ATTRIBUTES)
    for names, want in [
        ([".*"], list(ATTRIBUTES)),
        (["text", "nothing"], ["text"]),
        (["number.*"], ["number", "number.int"]),
        (["binary.*", "text"], ["binary", "binary.gzip", "text"]),
        (["nothing"], []),
    ]:
        got = receive_one(c, url, MessageAttributeNames=names)
        some = {k: ATTRIBUTES[k] for k in want}
        equal(got.get("MessageAttributes", {}), some, f"attributes for {names}")
        equal(got.get("MD5OfMessageAttributes"), digest(some) if some else None)


def system_attributes(c):
    url = make(c, "system-attributes")
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    sent = c.send_message(QueueUrl=url, MessageBody="m", MessageSystemAttributes=trace)
    equal(sent["MD5OfMessageSystemAttributes"], digest(trace))
    got = receive_one(c, url, system=["All"], VisibilityTimeout=0)["Attributes"]
    equal(got["SenderId"], "judge")
    equal(got["ApproximateReceiveCount"], "1")
    equal(got["AWSTraceHeader"], trace["AWSTraceHeader"]["StringValue"])
    if not int(got["SentTimestamp"]) <= int(got["ApproximateFirstReceiveTimestamp"]):
        raise AssertionError(f"received before it was sent: {got}")
    again = receive_one(c, url, system=["ApproximateReceiveCount", "SentTimestamp"], VisibilityTimeout=0)["Attributes"]
    equal(again, {"ApproximateReceiveCount": "2", "SentTimestamp": got["SentTimestamp"]})
    # The name that ReceiveMessage had before, which new versions still send when they are told to.
    third = c.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"], WaitTimeSeconds=20)
    equal(third["Messages"][0]["Attributes"], {"ApproximateReceiveCount": "3"})


def visibility(c):
    url = make(c, "visibility", VisibilityTimeout="600")
    c.send_message(QueueUrl=url, MessageBody="m")
    first = receive_one(c, url)
    equal(receive(c, url), [], "messages while one is in flight")
    c.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=3600)
    c.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    second = receive_one(c, url, system=["ApproximateReceiveCount"])
    equal(second["Attributes"]["ApproximateReceiveCount"], "2")
    e = raises(
        c.exceptions.ClientError,
        c.change_message_visibility,
        QueueUrl=url,
        ReceiptHandle=first["ReceiptHandle"],
        VisibilityTimeout=10,
    )
    equal(e.response["Error"]["Code"], "InvalidParameterValue")
    c.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    equal(attribute(c, url, "ApproximateNumberOfMessagesNotVisible"), "1", "in flight after a stale delete")
    c.delete_message(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"])
    c.delete_message(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"])
    equal(attribute(c, url, "ApproximateNumberOfMessagesNotVisible"), "0")


def delays(c):
    url = make(c, "delays", DelaySeconds="900")
    c.send_message(QueueUrl=url, MessageBody="later")
    c.send_message(QueueUrl=url, MessageBody="now", DelaySeconds=0)
    equal(receive_one(c, url)["Body"], "now")
    equal(attribute(c, url, "ApproximateNumberOfMessagesDelayed"), "1")


def long_poll(c):
    url = make(c, "long-poll")
    equal(receive(c, url, WaitTimeSeconds=1), [], "messages of an empty queue")
    got = []
    waiting = threading.Thread(target=lambda: got.append(receive_one(client(), url)))
    waiting.start()
    c.send_message(QueueUrl=url, MessageBody="wakes")
    waiting.join()
    equal(got[0]["Body"], "wakes")


def sizes(c):
    url = make(c, "sizes")
    limit = 1 << 20
    small = {"n": {"DataType": "String", "StringValue": "v"}}
    body = "y" * (limit - len("n") - len("String") - len("v"))
    c.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=small)
    equal(receive_one(c, url)["Body"], body)
    e = raises(c.exceptions.ClientError, c.send_message, QueueUrl=url, MessageBody=body + "y", MessageAttributes=small)
    equal(e.response["Error"]["Code"], "InvalidParameterValue")
    within(f"Message must be shorter than {limit} bytes.", str(e))


CASES = [
    bodies,
    message_attributes,
    attribute_filters,
    system_attributes,
    visibility,
    delays,
    long_poll,
    sizes,
]
