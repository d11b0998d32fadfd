"""An Amazon SQS extended client as its library makes it.

extended.py send URL BUCKET LEGACY SIZE   sends SIZE letters
extended.py take URL BUCKET LEGACY        receives and deletes one message, and prints
                                          its length, its SHA-256 and its attributes

The endpoints are in AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_S3.
"""

import hashlib
import json
import sys

from sqs_extended_client import SQSExtendedClientSession


def client(bucket, legacy):
    sqs = SQSExtendedClientSession(region_name="us-east-1").client("sqs")
    sqs.large_payload_support = bucket
    sqs.use_legacy_attribute = legacy == "legacy"
    return sqs


def send(sqs, url, size):
    sqs.send_message(QueueUrl=url, MessageBody="x" * int(size), MessageAttributes={
        "colour": {"DataType": "String", "StringValue": "red"},
    })


def take(sqs, url):
    got = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])["Messages"]
    for message in got:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        body = message["Body"].encode()
        print(json.dumps({
            "length": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "attributes": {k: v.get("StringValue") for k, v in message.get("MessageAttributes", {}).items()},
        }))


verb, url, bucket, legacy, *rest = sys.argv[1:]
{"send": send, "take": take}[verb](client(bucket, legacy), url, *rest)
