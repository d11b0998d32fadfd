"""The resource API, and the environment."""

import os

import boto3
from boto3_client import PATIENT, make
from report import Skip, equal, raises


def resource_api(c):
    sqs = boto3.resource("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL_SQS"], config=PATIENT)
    queue = sqs.create_queue(QueueName="resource", Attributes={"VisibilityTimeout": "50"})
    equal(queue.attributes["VisibilityTimeout"], "50")
    equal(sqs.get_queue_by_name(QueueName="resource").url, queue.url)
    equal([q.url for q in sqs.queues.filter(QueueNamePrefix="resource")], [queue.url])
    queue.send_messages(Entries=[{"Id": "1", "MessageBody": "one"}, {"Id": "2", "MessageBody": "two"}])
    queue.send_message(
        MessageBody="three", MessageAttributes={"who": {"DataType": "String", "StringValue": "resource"}}
    )
    got = {}
    while len(got) < 3:
        for m in queue.receive_messages(MaxNumberOfMessages=10, WaitTimeSeconds=20, MessageAttributeNames=["All"]):
            got[m.body] = m
    equal(got["three"].message_attributes["who"]["StringValue"], "resource")
    got["one"].change_visibility(VisibilityTimeout=100)
    got["one"].delete()
    got["two"].delete()
    queue.delete_messages(Entries=[{"Id": "3", "ReceiptHandle": got["three"].receipt_handle}])
    queue.reload()
    equal(queue.attributes["ApproximateNumberOfMessagesNotVisible"], "0")
    queue.set_attributes(Attributes={"DelaySeconds": "1"})
    queue.reload()
    equal(queue.attributes["DelaySeconds"], "1")
    queue.delete()
    raises(sqs.meta.client.exceptions.QueueDoesNotExist, queue.load)


def endpoint_from_the_environment(c):
    """AWS_ENDPOINT_URL_SQS alone points a program here, once its SDK knows the variable."""
    make(c, "environment")
    plain = boto3.client("sqs", config=PATIENT)
    if not plain.meta.endpoint_url.startswith("http://127."):
        raise Skip("this version is older than AWS_ENDPOINT_URL_SQS")
    plain.get_queue_url(QueueName="environment")


CASES = [resource_api, endpoint_from_the_environment]
