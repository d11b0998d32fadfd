"""Clients of boto3, and what its versions call the same thing."""

import os

import boto3
from botocore.config import Config

REGION = "us-east-1"

# A client that gives up on an answer earlier asks a second time.
PATIENT = Config(connect_timeout=300, read_timeout=300, retries={"max_attempts": 1})


def client(**args):
    """Returns a client. Old versions do not know AWS_ENDPOINT_URL_SQS."""
    args.setdefault("config", PATIENT)
    return boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL_SQS"], **args)


def speaks_query(c):
    return c.meta.service_model.metadata["protocol"] == "query"


def knows(c, operation):
    return operation in c.meta.service_model.operation_names


def receive(c, url, system=(), **args):
    """Receives, and asks for system attributes by the name that this version has for it."""
    members = c.meta.service_model.operation_model("ReceiveMessage").input_shape.members
    name = "MessageSystemAttributeNames" if "MessageSystemAttributeNames" in members else "AttributeNames"
    if system:
        args[name] = list(system)
    return c.receive_message(QueueUrl=url, **args).get("Messages", [])


def receive_one(c, url, **args):
    """Waits for a message, and returns it."""
    got = receive(c, url, WaitTimeSeconds=20, **args)
    if len(got) != 1:
        raise AssertionError(f"{len(got)} messages came")
    return got[0]


def make(c, name, **attributes):
    """Makes a queue, and returns its URL."""
    return c.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def attribute(c, url, name):
    got = c.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return got.get("Attributes", {}).get(name)


def arn(c, url):
    return attribute(c, url, "QueueArn")
