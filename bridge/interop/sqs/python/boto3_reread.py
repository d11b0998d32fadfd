"""Sets each attribute, and reads all of them again, as Terraform and Pulumi do: a byte that is not
as it was set, or an attribute that changes by itself, is a difference that they show for ever."""

import json

from boto3_client import arn, make
from report import equal

OWN = ["LastModifiedTimestamp"]  # changes with each of them

POLICY = {
    "Version": "2012-10-17",
    "Id": "own",
    "Statement": [
        {
            "Sid": "é",
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::111122223333:root"]},
            "Action": ["sqs:SendMessage"],
            "Resource": "arn:aws:sqs:us-east-1:000000000000:*",
            "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:000000000000:t"}},
        }
    ],
}


def read(c, url):
    got = c.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {k: v for k, v in got.items() if k not in OWN}


def set_and_read(c, url, steps):
    """Sets one attribute after the other. An empty value takes an attribute away."""
    for name, values in steps:
        for value in values:
            want = read(c, url)
            want.pop(name, None)
            if value:
                want[name] = value
            c.set_queue_attributes(QueueUrl=url, Attributes={name: value})
            equal(read(c, url), want, f"attributes with {name} set to {value!r}")


def standard_attributes_read_again(c):
    dead = arn(c, make(c, "reread-dead"))
    redrive = [
        json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 4}),
        '{ "maxReceiveCount" : "5",\n "deadLetterTargetArn" : "%s" }' % dead,
        '{"deadLetterTargetArn":"%s","maxReceiveCount":1000}' % dead,
        "",
    ]
    allow = [
        '{"redrivePermission":"denyAll"}',
        '{"sourceQueueArns":["%s"], "redrivePermission":"byQueue"}' % dead,
        '{"redrivePermission":"allowAll"}',
        "",
    ]
    set_and_read(
        c,
        make(c, "reread"),
        [
            ("VisibilityTimeout", ["0", "43200", "30"]),
            ("DelaySeconds", ["900", "0"]),
            ("MaximumMessageSize", ["1024", "262144", "1048576"]),
            ("MessageRetentionPeriod", ["60", "1209600", "345600"]),
            ("ReceiveMessageWaitTimeSeconds", ["20", "0"]),
            ("Policy", [json.dumps(POLICY), json.dumps(POLICY, indent=2, ensure_ascii=False), ""]),
            ("RedrivePolicy", redrive),
            ("RedriveAllowPolicy", allow),
            ("KmsDataKeyReusePeriodSeconds", ["60", "86400", "300"]),
            ("KmsMasterKeyId", ["alias/aws/sqs", "arn:aws:kms:us-east-1:000000000000:key/own", ""]),
            ("SqsManagedSseEnabled", ["true", "false"]),
        ],
    )


def fifo_attributes_read_again(c):
    set_and_read(
        c,
        make(c, "reread.fifo", FifoQueue="true"),
        [
            ("ContentBasedDeduplication", ["true", "false"]),
            ("DeduplicationScope", ["messageGroup"]),
            ("FifoThroughputLimit", ["perMessageGroupId", "perQueue"]),
            ("DeduplicationScope", ["queue"]),
        ],
    )


def made_with_all_attributes(c):
    """What a queue is made with is there at the first look, and making it again changes nothing."""
    dead = arn(c, make(c, "made-dead.fifo", FifoQueue="true"))
    attributes = {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "true",
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
        "DelaySeconds": "1",
        "MaximumMessageSize": "2048",
        "MessageRetentionPeriod": "600",
        "ReceiveMessageWaitTimeSeconds": "2",
        "VisibilityTimeout": "31",
        "Policy": json.dumps(POLICY, indent=1),
        "RedrivePolicy": json.dumps({"maxReceiveCount": 3, "deadLetterTargetArn": dead}, indent=1),
        "RedriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"}, indent=1),
        "KmsMasterKeyId": "alias/own",
        "KmsDataKeyReusePeriodSeconds": "61",
    }
    url = make(c, "made.fifo", **attributes)
    before = read(c, url)
    equal({k: before.get(k) for k in attributes}, attributes)
    equal(make(c, "made.fifo", **attributes), url)
    equal(read(c, url), before, "attributes after making it again")


CASES = [standard_attributes_read_again, fifo_attributes_read_again, made_with_all_attributes]
