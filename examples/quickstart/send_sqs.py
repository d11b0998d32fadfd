"""Sends one message to the queue "orders" by Amazon SQS, with boto3."""

import sys

import boto3

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:9324"
sqs = boto3.client(
    "sqs",
    endpoint_url="http://" + address,
    region_name="us-east-1",
    aws_access_key_id="any",
    aws_secret_access_key="any",
)

queue = sqs.create_queue(QueueName="orders")  # or finds it, if it is there
sqs.send_message(
    QueueUrl=queue["QueueUrl"],
    MessageBody="hello from SQS",
    MessageAttributes={"quantity": {"DataType": "Number.int", "StringValue": "3"}},
)
print("sent")
