"""Amazon SQS, by boto3."""

import base64

import boto3
from botocore.config import Config

BATCH_ENTRIES = 10  # SendMessageBatch
BATCH_BYTES = 500_000  # well below the limit of a batch, with room for attributes
LONGEST_POLL = 20
PATIENCE = 180  # seconds; an SDK that gives up earlier sends a second time


class SQS:
    def __init__(self, addr):
        self.urls = {}
        self.sqs = boto3.client(
            "sqs",
            endpoint_url="http://" + addr,
            region_name="us-east-1",
            aws_access_key_id="interop",
            aws_secret_access_key="interop",
            config=Config(connect_timeout=PATIENCE, read_timeout=PATIENCE, retries={"max_attempts": 0}),
        )

    def url(self, queue):
        """Returns the URL of a queue, which is made if it is not there."""
        if queue not in self.urls:
            try:
                found = self.sqs.get_queue_url(QueueName=queue)
            except self.sqs.exceptions.QueueDoesNotExist:
                found = self.sqs.create_queue(QueueName=queue)
            self.urls[queue] = found["QueueUrl"]
        return self.urls[queue]

    def produce(self, queue, messages, deadline):
        url = self.url(queue)
        done = 0
        while done < len(messages):
            entries = batch(messages[done:])
            out = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
            if out.get("Failed"):
                raise RuntimeError(f"message {done} of {len(messages)}: {out['Failed'][0]}")
            done += len(entries)

    def consume(self, queue, n, settle, deadline):
        url = self.url(queue)
        messages = []
        while len(messages) < n:
            if deadline.left() == 0:
                raise TimeoutError(f"{len(messages)} of {n} came")
            out = self.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(n - len(messages), BATCH_ENTRIES),
                WaitTimeSeconds=min(LONGEST_POLL, int(deadline.left())),
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            came = [show(m) for m in out.get("Messages", [])]
            messages += came
            self.settle(queue, [m["handle"] for m in came], settle, deadline)
        return messages

    def settle(self, queue, handles, how, deadline):
        """Settles up to ten deliveries."""
        url = self.url(queue)
        if how == "ack" and handles:
            out = self.sqs.delete_message_batch(
                QueueUrl=url,
                Entries=[{"Id": str(i), "ReceiptHandle": h} for i, h in enumerate(handles)],
            )
            if out.get("Failed"):
                raise RuntimeError(f"deleting: {out['Failed'][0]}")
        if how == "nack":
            for h in handles:
                self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=h, VisibilityTimeout=0)

    def count(self, queue, deadline):
        got = self.sqs.get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=["All"])
        a = got["Attributes"]
        return {
            "ready": int(a["ApproximateNumberOfMessages"]),
            "leased": int(a["ApproximateNumberOfMessagesNotVisible"]),
            "delayed": int(a["ApproximateNumberOfMessagesDelayed"]),
        }

    def close(self):
        self.sqs.close()


def batch(messages):
    """Makes one batch of as many messages as it may hold."""
    entries, size = [], 0
    for i, m in enumerate(messages):
        size += len(m["body"])
        if i == BATCH_ENTRIES or i > 0 and size > BATCH_BYTES:
            break
        e = {
            "Id": str(i),
            "MessageBody": m["body"].decode(),
            "MessageAttributes": {a["name"]: attribute(a) for a in m.get("attributes", [])},
        }
        if m.get("group"):
            e["MessageGroupId"] = m["group"]
        if m.get("dedup_id"):
            e["MessageDeduplicationId"] = m["dedup_id"]
        entries.append(e)
    return entries


def attribute(a):
    if a["type"].startswith("Binary"):
        return {"DataType": a["type"], "BinaryValue": base64.b64decode(a["binary"])}
    return {"DataType": a["type"], "StringValue": a.get("text", "")}


def show(m):
    system = m.get("Attributes", {})
    return {
        "body": m["Body"].encode(),
        "handle": m["ReceiptHandle"],
        "attempt": int(system["ApproximateReceiveCount"]),
        "group": system.get("MessageGroupId", ""),
        "dedup_id": system.get("MessageDeduplicationId", ""),
        "system": system,
        "attributes": [show_attribute(k, v) for k, v in m.get("MessageAttributes", {}).items()],
    }


def show_attribute(name, v):
    a = {"name": name, "type": v["DataType"]}
    if v["DataType"].startswith("Binary"):
        a["binary"] = base64.b64encode(v["BinaryValue"]).decode()
    else:
        a["text"] = v["StringValue"]
    return a
