"""Batches: all well, some of it, nothing."""

from boto3_client import attribute, make, receive
from report import equal, raises, within


def batch_send(c):
    url = make(c, "batch-send")
    entries = [
        {
            "Id": f"id_{i}",
            "MessageBody": f"body {i}",
            "MessageAttributes": {"n": {"DataType": "Number", "StringValue": str(i)}},
        }
        for i in range(10)
    ]
    out = c.send_message_batch(QueueUrl=url, Entries=entries)
    equal([s["Id"] for s in out["Successful"]], [e["Id"] for e in entries])
    equal(out.get("Failed"), None)
    got = receive(c, url, MaxNumberOfMessages=10, MessageAttributeNames=["n"])
    by_id = {s["MessageId"]: s for s in out["Successful"]}
    equal(sorted(m["Body"] for m in got), sorted(e["MessageBody"] for e in entries))
    for m in got:
        sent = by_id[m["MessageId"]]
        equal(m["MD5OfBody"], sent["MD5OfMessageBody"])
        equal(m["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])


def batch_in_part(c):
    url = make(c, "batch-in-part")
    out = c.send_message_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "good", "MessageBody": "a"},
            {"Id": "bad", "MessageBody": "no \x01 control"},
            {"Id": "late", "MessageBody": "b", "DelaySeconds": 901},
        ],
    )
    equal([s["Id"] for s in out["Successful"]], ["good"])
    failed = {f["Id"]: f for f in out["Failed"]}
    equal({k: f["Code"] for k, f in failed.items()}, {"bad": "InvalidMessageContents", "late": "InvalidParameterValue"})
    equal({f["SenderFault"] for f in failed.values()}, {True})

    [m] = receive(c, url, WaitTimeSeconds=20)
    out = c.change_message_visibility_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "a", "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 60},
            {"Id": "b", "ReceiptHandle": "nonsense", "VisibilityTimeout": 60},
        ],
    )
    equal([s["Id"] for s in out["Successful"]], ["a"])
    equal([(f["Id"], f["Code"]) for f in out["Failed"]], [("b", "ReceiptHandleIsInvalid")])

    out = c.delete_message_batch(
        QueueUrl=url,
        Entries=[{"Id": "a", "ReceiptHandle": m["ReceiptHandle"]}, {"Id": "b", "ReceiptHandle": "nonsense"}],
    )
    equal([s["Id"] for s in out["Successful"]], ["a"])
    equal([(f["Id"], f["Code"]) for f in out["Failed"]], [("b", "ReceiptHandleIsInvalid")])
    equal(attribute(c, url, "ApproximateNumberOfMessagesNotVisible"), "0")


def batch_refused(c):
    url = make(c, "batch-refused")
    x = c.exceptions

    def refused(kind, entries, text):
        e = raises(kind, c.send_message_batch, QueueUrl=url, Entries=entries)
        equal(e.response["Error"]["Code"], "AWS.SimpleQueueService." + kind.__name__)
        within(text, str(e))

    entry = {"Id": "a", "MessageBody": "m"}
    refused(x.EmptyBatchRequest, [], "SendMessageBatchRequestEntry")
    refused(x.TooManyEntriesInBatchRequest, [{**entry, "Id": str(i)} for i in range(11)], "You have sent 11.")
    refused(x.BatchEntryIdsNotDistinct, [entry, entry], "Id a repeated.")
    refused(x.InvalidBatchEntryId, [{**entry, "Id": "a b"}], "alphanumeric characters, hyphens and underscores")
    big = [{"Id": str(i), "MessageBody": "z" * 600_000} for i in range(2)]
    refused(x.BatchRequestTooLong, big, "You have sent 1200000 bytes.")
    equal(attribute(c, url, "ApproximateNumberOfMessages"), "0")


CASES = [batch_send, batch_in_part, batch_refused]
