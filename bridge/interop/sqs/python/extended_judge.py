"""Judges the gateway by the extended client, which keeps large bodies in S3 and sends pointers."""

import functools
import hashlib
import json
import os

import botocore.session
import report
from boto3_client import PATIENT, attribute, make, receive_one
from botocore.exceptions import ClientError
from report import equal, raises, within
from sqs_extended_client import SQSExtendedClientSession
from sqs_extended_client.exceptions import SQSExtendedClientException

BUCKET = "payloads"
POINTER = "software.amazon.payloadoffloading.PayloadS3Pointer"
LEGACY_POINTER = "com.amazon.sqs.javamessaging.MessageS3Pointer"
BIG = "é" * 200_000  # 400,000 bytes


def plain():
    """Returns a client of the raw API. The library makes every client of boto3 one of its own."""
    return botocore.session.get_session().create_client("sqs", config=PATIENT)


@functools.cache
def session():
    return SQSExtendedClientSession()


@functools.cache
def s3():
    return botocore.session.get_session().create_client("s3", config=PATIENT)


def extended(**options):
    sqs = session().client("sqs", config=PATIENT)
    sqs.large_payload_support = BUCKET
    for name, value in options.items():
        setattr(sqs, name, value)
    return sqs


def objects():
    """Returns the keys of the objects there are."""
    return {o["Key"] for o in s3().list_objects(Bucket=BUCKET).get("Contents", [])}


def empty(c, url):
    equal(attribute(c, url, "ApproximateNumberOfMessages"), "0")
    equal(attribute(c, url, "ApproximateNumberOfMessagesNotVisible"), "0")


def large_body(c):
    """The pointer goes through SQS as it is, and the handle of the client finds its way back."""
    url, x, before = make(c, "extended-large"), extended(), objects()
    sent = x.send_message(QueueUrl=url, MessageBody=BIG)
    [key] = objects() - before
    pointer = json.dumps([POINTER, {"s3BucketName": BUCKET, "s3Key": key}])
    equal(sent["MD5OfMessageBody"], hashlib.md5(pointer.encode()).hexdigest())

    raw = receive_one(c, url, MessageAttributeNames=["All"], VisibilityTimeout=0)
    equal(raw["Body"], pointer)
    equal(raw["MessageAttributes"], {"ExtendedPayloadSize": {"DataType": "Number", "StringValue": "400000"}})

    [m] = x.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    equal(m["Body"], BIG)
    within(key, m["ReceiptHandle"])
    x.change_message_visibility(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"], VisibilityTimeout=600)
    e = raises(c.exceptions.ReceiptHandleIsInvalid, c.delete_message, QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
    within("is not a valid receipt handle", str(e))
    x.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
    empty(c, url)
    equal(objects() - before, {key}, "objects that outlive their messages")


def payload_is_deleted(c):
    url, x, before = make(c, "extended-deletes"), extended(delete_payload_from_s3=True), objects()
    x.send_message(QueueUrl=url, MessageBody=BIG)
    [m] = x.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    x.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
    empty(c, url)
    equal(objects(), before)


def batches(c):
    """Large and small ones together."""
    url, x = make(c, "extended-batches"), extended()
    bodies = {"a": BIG + "a", "b": "small", "c": BIG + "c"}
    entries = [{"Id": k, "MessageBody": v} for k, v in bodies.items()]
    equal(len(x.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]), 3)
    got = []
    while len(got) < 3:
        got += x.receive_message(QueueUrl=url, WaitTimeSeconds=20, MaxNumberOfMessages=10).get("Messages", [])
    equal(sorted(m["Body"] for m in got), sorted(bodies.values()))
    handles = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(got)]
    longer = [{**h, "VisibilityTimeout": 600} for h in handles]
    equal(len(x.change_message_visibility_batch(QueueUrl=url, Entries=longer)["Successful"]), 3)
    equal(len(x.delete_message_batch(QueueUrl=url, Entries=handles)["Successful"]), 3)
    empty(c, url)


def legacy_names(c):
    """What old clients and the Java one write: another class, another attribute."""
    url, x, before = make(c, "extended-legacy"), extended(use_legacy_attribute=True), objects()
    x.send_message(QueueUrl=url, MessageBody=BIG)
    [key] = objects() - before
    raw = receive_one(c, url, MessageAttributeNames=["All"], VisibilityTimeout=0)
    equal(json.loads(raw["Body"]), [LEGACY_POINTER, {"s3BucketName": BUCKET, "s3Key": key}])
    equal(list(raw["MessageAttributes"]), ["SQSLargePayloadSize"])
    [m] = x.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    equal(m["Body"], BIG)
    x.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
    empty(c, url)


def pointer_of_another_client(c):
    """A pointer that came through the plain API, with attributes of the application's own."""
    url, x = make(c, "extended-foreign"), extended()
    s3().put_object(Bucket=BUCKET, Key="orders/2026 ü.json", Body=BIG.encode())
    c.send_message(
        QueueUrl=url,
        # As Jackson writes it: without spaces, and characters as they are.
        MessageBody=f'["{POINTER}",{{"s3BucketName":"{BUCKET}","s3Key":"orders/2026 ü.json"}}]',
        MessageAttributes={
            "ExtendedPayloadSize": {"DataType": "Number", "StringValue": "400000"},
            "own": {"DataType": "String", "StringValue": "kept"},
        },
    )
    [m] = x.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])["Messages"]
    equal(m["Body"], BIG)
    equal(m["MessageAttributes"], {"own": {"DataType": "String", "StringValue": "kept"}})
    x.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
    empty(c, url)


def small_bodies(c):
    """A body below the threshold stays in SQS, unless all go through S3."""
    url, before = make(c, "extended-small"), objects()
    extended().send_message(QueueUrl=url, MessageBody="small")
    equal(objects(), before)
    m = receive_one(c, url)
    equal(m["Body"], "small")
    c.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
    extended(always_through_s3=True).send_message(QueueUrl=url, MessageBody="small")
    equal(len(objects() - before), 1, "new objects")
    many = {f"n{i}": {"DataType": "Number", "StringValue": "1"} for i in range(10)}
    raises(SQSExtendedClientException, extended().send_message, QueueUrl=url, MessageBody=BIG, MessageAttributes=many)


def wrong_secret(c):
    x = session().client("sqs", config=PATIENT, aws_secret_access_key="wrong", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
    e = raises(ClientError, x.send_message, QueueUrl=make(c, "extended-refused"), MessageBody="small")
    equal(e.response["Error"]["Code"], "SignatureDoesNotMatch")


CASES = [large_body, payload_is_deleted, batches, legacy_names, pointer_of_another_client, small_bodies, wrong_secret]

if __name__ == "__main__":
    report.run(CASES, plain())
