"""FIFO queues."""

from boto3_client import attribute, make, receive
from report import equal, raises, within

SYSTEM = ["All"]


def fifo_order(c):
    url = make(c, "order.fifo", VisibilityTimeout="600", FifoQueue="true", ContentBasedDeduplication="true")
    sent = [
        c.send_message(QueueUrl=url, MessageBody=f"{g}{i}", MessageGroupId=g)["SequenceNumber"]
        for i in range(3)
        for g in ("a", "b")
    ]
    equal(sent, sorted(sent))
    equal(len(set(sent)), 6, "number of sequence numbers")
    got = receive(c, url, MaxNumberOfMessages=10, system=SYSTEM)
    for g in ("a", "b"):
        equal([m["Body"] for m in got if m["Attributes"]["MessageGroupId"] == g], [f"{g}{i}" for i in range(3)])
    equal(sorted(m["Attributes"]["SequenceNumber"] for m in got), sent)
    first = [m for m in got if m["Attributes"]["MessageGroupId"] == "a"]
    c.send_message(QueueUrl=url, MessageBody="a3", MessageGroupId="a")
    equal(receive(c, url), [], "messages of groups that wait")
    entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(first)]
    equal(c.delete_message_batch(QueueUrl=url, Entries=entries).get("Failed"), None)
    equal([m["Body"] for m in receive(c, url, WaitTimeSeconds=20)], ["a3"])


def fifo_deduplication(c):
    url = make(c, "dedup.fifo", FifoQueue="true")
    group = {"QueueUrl": url, "MessageGroupId": "g"}
    first = c.send_message(MessageBody="one", MessageDeduplicationId="d", **group)
    again = c.send_message(MessageBody="another", MessageDeduplicationId="d", **group)
    equal((again["MessageId"], again["SequenceNumber"]), (first["MessageId"], first["SequenceNumber"]))
    out = c.send_message_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "x", "MessageBody": "two", "MessageGroupId": "g", "MessageDeduplicationId": "e"},
            {"Id": "y", "MessageBody": "two again", "MessageGroupId": "g", "MessageDeduplicationId": "e"},
        ],
    )
    equal(len({s["SequenceNumber"] for s in out["Successful"]}), 1, "number of sequence numbers")
    got = receive(c, url, MaxNumberOfMessages=10, system=SYSTEM)
    equal([(m["Body"], m["Attributes"]["MessageDeduplicationId"]) for m in got], [("one", "d"), ("two", "e")])


def fifo_refusals(c):
    url = make(c, "refusals.fifo", FifoQueue="true")

    def refused(code, text, **args):
        e = raises(c.exceptions.ClientError, c.send_message, QueueUrl=url, MessageBody="m", **args)
        equal(e.response["Error"]["Code"], code)
        within(text, str(e))

    refused("MissingParameter", "The request must contain the parameter MessageGroupId.")
    refused("InvalidParameterValue", "ContentBasedDeduplication enabled or MessageDeduplicationId", MessageGroupId="g")
    refused(
        "InvalidParameterValue",
        "not valid for this queue type",
        MessageGroupId="g",
        MessageDeduplicationId="d",
        DelaySeconds=2,
    )
    e = raises(c.exceptions.ClientError, c.create_queue, QueueName="fifo", Attributes={"FifoQueue": "true"})
    equal(e.response["Error"]["Code"], "InvalidParameterValue")
    attributes = {"ContentBasedDeduplication": "true"}
    raises(c.exceptions.InvalidAttributeName, c.create_queue, QueueName="standard", Attributes=attributes)


def fifo_receive_again(c):
    url = make(c, "again.fifo", VisibilityTimeout="600", FifoQueue="true", ContentBasedDeduplication="true")
    c.send_message(QueueUrl=url, MessageBody="m", MessageGroupId="g")
    first = receive(c, url, ReceiveRequestAttemptId="attempt-1")
    equal(receive(c, url, ReceiveRequestAttemptId="attempt-2"), [])
    again = receive(c, url, ReceiveRequestAttemptId="attempt-1")
    equal([m["ReceiptHandle"] for m in again], [m["ReceiptHandle"] for m in first])
    c.delete_message(QueueUrl=url, ReceiptHandle=first[0]["ReceiptHandle"])
    equal(attribute(c, url, "ApproximateNumberOfMessagesNotVisible"), "0")


CASES = [fifo_order, fifo_deduplication, fifo_refusals, fifo_receive_again]
