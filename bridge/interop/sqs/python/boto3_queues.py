"""Queues: names, URLs, attributes, lists, tags, purge."""

import json

from boto3_client import arn, attribute, make
from report import equal, raises, within


def queue_urls(c):
    made = c.create_queue(QueueName="urls", Attributes={"VisibilityTimeout": "45"})
    equal(made["ResponseMetadata"]["HTTPStatusCode"], 200)
    url = made["QueueUrl"]
    equal(url, c.meta.endpoint_url + "/000000000000/urls")
    equal(make(c, "urls", VisibilityTimeout="45"), url)
    equal(make(c, "urls"), url, "the URL, asked for without attributes")
    equal(c.get_queue_url(QueueName="urls")["QueueUrl"], url)
    equal(c.get_queue_url(QueueName="urls", QueueOwnerAWSAccountId="000000000000")["QueueUrl"], url)


def queues_end(c):
    url = make(c, "ends")
    c.delete_queue(QueueUrl=url)
    e = raises(c.exceptions.QueueDoesNotExist, c.get_queue_url, QueueName="ends")
    equal(e.response["Error"]["Code"], "AWS.SimpleQueueService.NonExistentQueue")
    e = raises(c.exceptions.QueueDeletedRecently, c.create_queue, QueueName="ends")
    equal(e.response["Error"]["Code"], "AWS.SimpleQueueService.QueueDeletedRecently")


SETTABLE = {
    "DelaySeconds": "3",
    "MaximumMessageSize": "4096",
    "MessageRetentionPeriod": "86400",
    "ReceiveMessageWaitTimeSeconds": "7",
    "VisibilityTimeout": "77",
    "KmsMasterKeyId": "alias/own",
    "KmsDataKeyReusePeriodSeconds": "600",
    "SqsManagedSseEnabled": "false",
}

SHOWN = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
]


def queue_attributes(c):
    url = make(c, "attributes", **SETTABLE)
    got = c.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    equal({k: v for k, v in got.items() if k not in SHOWN}, SETTABLE, "attributes that were set")
    equal(sorted(k for k in got if k not in SETTABLE), SHOWN, "attributes of the server's own")
    equal(got["QueueArn"], "arn:aws:sqs:us-east-1:000000000000:attributes")
    c.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0", "DelaySeconds": "900"})
    some = ["VisibilityTimeout", "DelaySeconds", "MaximumMessageSize"]
    got = c.get_queue_attributes(QueueUrl=url, AttributeNames=some)["Attributes"]
    equal(got, {"VisibilityTimeout": "0", "DelaySeconds": "900", "MaximumMessageSize": "4096"})
    equal(c.get_queue_attributes(QueueUrl=url).get("Attributes"), None, "attributes nobody asked for")


def queue_lists(c):
    urls = [make(c, f"listed-{i:02}") for i in range(12)]
    equal(c.list_queues(QueueNamePrefix="listed-")["QueueUrls"], urls)
    equal(c.list_queues(QueueNamePrefix="nothing").get("QueueUrls"), None)
    pages = list(c.get_paginator("list_queues").paginate(QueueNamePrefix="listed-", PaginationConfig={"PageSize": 5}))
    equal([len(p["QueueUrls"]) for p in pages], [5, 5, 2])
    equal([u for p in pages for u in p["QueueUrls"]], urls)
    paginate = c.get_paginator("list_queues").paginate
    first = paginate(QueueNamePrefix="listed-", PaginationConfig={"MaxItems": 7, "PageSize": 3}).build_full_result()
    equal(first["QueueUrls"], urls[:7])
    rest = paginate(
        QueueNamePrefix="listed-", PaginationConfig={"PageSize": 3, "StartingToken": first["NextToken"]}
    ).build_full_result()
    equal(rest["QueueUrls"], urls[7:])


def dead_letter_sources(c):
    dead = make(c, "sources-dead")
    policy = json.dumps({"deadLetterTargetArn": arn(c, dead), "maxReceiveCount": 3})
    urls = [make(c, f"source-{i}", RedrivePolicy=policy) for i in range(5)]
    pages = list(
        c.get_paginator("list_dead_letter_source_queues").paginate(QueueUrl=dead, PaginationConfig={"PageSize": 2})
    )
    equal([len(p["queueUrls"]) for p in pages], [2, 2, 1])
    equal([u for p in pages for u in p["queueUrls"]], urls)
    equal(json.loads(attribute(c, urls[0], "RedrivePolicy")), json.loads(policy))


def queue_tags(c):
    tags = {"team": "orders", "Cost Center": "a=b&c", "empty": "", "é": "ü"}
    url = c.create_queue(QueueName="tagged", tags=tags)["QueueUrl"]
    equal(c.list_queue_tags(QueueUrl=url)["Tags"], tags)
    c.tag_queue(QueueUrl=url, Tags={"team": "billing", "new": "1"})
    c.untag_queue(QueueUrl=url, TagKeys=["empty", "é", "never"])
    equal(c.list_queue_tags(QueueUrl=url)["Tags"], {"team": "billing", "Cost Center": "a=b&c", "new": "1"})
    c.untag_queue(QueueUrl=url, TagKeys=["team", "Cost Center", "new"])
    equal(c.list_queue_tags(QueueUrl=url).get("Tags"), None)


def queue_permissions(c):
    url = make(c, "permitted")
    c.add_permission(QueueUrl=url, Label="one", AWSAccountIds=["111122223333"], Actions=["SendMessage", "*"])
    statement = json.loads(attribute(c, url, "Policy"))["Statement"][0]
    equal((statement["Sid"], statement["Effect"]), ("one", "Allow"))
    within("SendMessage", str(statement["Action"]))
    c.remove_permission(QueueUrl=url, Label="one")
    e = raises(c.exceptions.ClientError, c.remove_permission, QueueUrl=url, Label="one")
    equal(e.response["Error"]["Code"], "InvalidParameterValue")


def purge(c):
    url = make(c, "purged")
    c.send_message(QueueUrl=url, MessageBody="goes")
    c.purge_queue(QueueUrl=url)
    equal(attribute(c, url, "ApproximateNumberOfMessages"), "0")
    e = raises(c.exceptions.PurgeQueueInProgress, c.purge_queue, QueueUrl=url)
    equal(e.response["Error"]["Code"], "AWS.SimpleQueueService.PurgeQueueInProgress")
    equal(e.response["ResponseMetadata"]["HTTPStatusCode"], 403)


CASES = [
    queue_urls,
    queues_end,
    queue_attributes,
    queue_lists,
    dead_letter_sources,
    queue_tags,
    queue_permissions,
    purge,
]
