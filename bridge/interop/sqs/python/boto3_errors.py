"""Errors: the client's own classes, codes, statuses and words."""

from boto3_client import make
from report import equal, raises, within


def typed_errors(c):
    url = make(c, "typed", VisibilityTimeout="45")
    x = c.exceptions
    other = {"QueueName": "typed", "Attributes": {"VisibilityTimeout": "46"}}
    for kind, code, call, args in [
        (x.QueueNameExists, "QueueAlreadyExists", c.create_queue, other),
        (x.InvalidMessageContents, None, c.send_message, {"QueueUrl": url, "MessageBody": "a\x00b"}),
        (x.ReceiptHandleIsInvalid, None, c.delete_message, {"QueueUrl": url, "ReceiptHandle": "x"}),
        (x.InvalidAttributeName, None, c.get_queue_attributes, {"QueueUrl": url, "AttributeNames": ["Nonsense"]}),
    ]:
        e = raises(kind, call, **args)
        equal(e.response["Error"]["Code"], code or kind.__name__)
        equal(e.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        equal(bool(e.response["ResponseMetadata"]["RequestId"]), True)


def absent_queue(c):
    url = c.meta.endpoint_url + "/000000000000/absent"
    x = c.exceptions.QueueDoesNotExist
    for call, args in [
        (c.send_message, {"MessageBody": "m"}),
        (c.receive_message, {}),
        (c.delete_message, {"ReceiptHandle": "x"}),
        (c.change_message_visibility, {"ReceiptHandle": "x", "VisibilityTimeout": 1}),
        (c.get_queue_attributes, {"AttributeNames": ["All"]}),
        (c.set_queue_attributes, {"Attributes": {"DelaySeconds": "1"}}),
        (c.delete_queue, {}),
        (c.purge_queue, {}),
        (c.list_queue_tags, {}),
        (c.list_dead_letter_source_queues, {}),
        (c.add_permission, {"Label": "l", "AWSAccountIds": ["111122223333"], "Actions": ["*"]}),
    ]:
        e = raises(x, call, QueueUrl=url, **args)
        equal(e.response["Error"]["Code"], "AWS.SimpleQueueService.NonExistentQueue")
        within("The specified queue does not exist", str(e))


def attribute_of(name, kind, value):
    return {"MessageBody": "m", "MessageAttributes": {name: {"DataType": kind, "StringValue": value}}}


def bad_values(c):
    url = make(c, "bad-values")
    for call, args, text in [
        (c.receive_message, {"MaxNumberOfMessages": 11}, "Value 11 for parameter MaxNumberOfMessages is invalid."),
        (c.receive_message, {"MaxNumberOfMessages": 11}, "Reason: Must be between 1 and 10"),
        (c.receive_message, {"WaitTimeSeconds": 21}, "Value 21 for parameter WaitTimeSeconds is invalid."),
        (c.receive_message, {"WaitTimeSeconds": 21}, "Reason: Must be >= 0 and <= 20"),
        (c.receive_message, {"VisibilityTimeout": 43201}, "VisibilityTimeout"),
        (c.send_message, {"MessageBody": "m", "DelaySeconds": 901}, "DelaySeconds"),
        (c.send_message, attribute_of("a", "Nope", "x"), "supported type prefixes: Binary, Number, String."),
        (c.send_message, attribute_of("AWS.a", "String", "x"), "AWS."),
        (c.send_message, attribute_of("amount", "Number", "x"), "amount"),
    ]:
        e = raises(c.exceptions.ClientError, call, QueueUrl=url, **args)
        equal(e.response["Error"]["Code"], "InvalidParameterValue")
        within(text, str(e))
    kind = getattr(c.exceptions, "InvalidAttributeValue", c.exceptions.ClientError)  # old versions have no class for it
    e = raises(kind, c.set_queue_attributes, QueueUrl=url, Attributes={"VisibilityTimeout": "never"})
    equal(e.response["Error"]["Code"], "InvalidAttributeValue")


CASES = [typed_errors, absent_queue, bad_values]
