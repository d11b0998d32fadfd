"""Dead letters, and their way back."""

import base64
import json

from boto3_client import arn, attribute, knows, make, receive, receive_one
from report import Skip, equal, raises, within


def letter(c, name):
    """Makes a queue and its dead-letter queue, and a message that is dead."""
    dead = make(c, name + "-dead")
    policy = {"deadLetterTargetArn": arn(c, dead), "maxReceiveCount": "1"}
    work = make(c, name, VisibilityTimeout="0", RedrivePolicy=json.dumps(policy))
    sent = c.send_message(QueueUrl=work, MessageBody="dies")
    receive_one(c, work)
    equal(receive(c, work), [], "messages after the last attempt")
    return work, dead, sent


def dead_letters(c):
    work, dead, sent = letter(c, "mortal")
    got = receive_one(c, dead, system=["All"])
    equal((got["MessageId"], got["Body"]), (sent["MessageId"], "dies"))
    equal(got["Attributes"]["DeadLetterQueueSourceArn"], arn(c, work))
    equal(got["Attributes"]["ApproximateReceiveCount"], "2")


def redrive_allowed(c):
    closed = make(c, "closed", RedriveAllowPolicy='{"redrivePermission":"denyAll"}')
    policy = json.dumps({"deadLetterTargetArn": arn(c, closed), "maxReceiveCount": 1})
    e = raises(c.exceptions.ClientError, make, c=c, name="knocks", RedrivePolicy=policy)
    equal(e.response["Error"]["Code"], "InvalidParameterValue")
    lost = json.dumps({"deadLetterTargetArn": arn(c, closed) + "-nowhere", "maxReceiveCount": 1})
    e = raises(c.exceptions.ClientError, make, c=c, name="knocks", RedrivePolicy=lost)
    equal(e.response["Error"]["Code"], "InvalidParameterValue")


def move_tasks(c):
    if not knows(c, "StartMessageMoveTask"):
        raise Skip("this version is older than message move tasks")
    work, dead, sent = letter(c, "moving")
    task = c.start_message_move_task(SourceArn=arn(c, dead), MaxNumberOfMessagesPerSecond=500)
    got = receive_one(c, work)
    equal((got["MessageId"], got["Body"]), (sent["MessageId"], "dies"))
    [shown] = c.list_message_move_tasks(SourceArn=arn(c, dead), MaxResults=10)["Results"]
    equal(shown["SourceArn"], arn(c, dead))
    within(shown["Status"], "RUNNING COMPLETED")
    e = raises(c.exceptions.ResourceNotFoundException, c.cancel_message_move_task, TaskHandle=other(task["TaskHandle"]))
    equal(e.response["ResponseMetadata"]["HTTPStatusCode"], 404)
    e = raises(c.exceptions.ResourceNotFoundException, c.start_message_move_task, SourceArn=arn(c, dead) + "-nowhere")
    equal(e.response["Error"]["Code"], "ResourceNotFoundException")
    e = raises(c.exceptions.ClientError, c.start_message_move_task, SourceArn=arn(c, work))
    within("Source queue must be configured as a Dead Letter Queue.", str(e))


def other(handle):
    """Makes the handle of a task that never was."""
    task = json.loads(base64.b64decode(handle))
    task["taskId"] = "00000000-0000-0000-0000-000000000000"
    return base64.b64encode(json.dumps(task).encode()).decode()


def move_is_canceled(c):
    if not knows(c, "CancelMessageMoveTask"):
        raise Skip("this version is older than message move tasks")
    _, dead, _ = letter(c, "canceled")
    for batch in range(12):  # at one message a second the task outlasts what is asked of it on a slow machine
        entries = [{"Id": str(i), "MessageBody": f"{batch}{i}"} for i in range(10)]
        equal(c.send_message_batch(QueueUrl=dead, Entries=entries).get("Failed"), None)
    target = make(c, "canceled-target")
    started = {"SourceArn": arn(c, dead), "DestinationArn": arn(c, target), "MaxNumberOfMessagesPerSecond": 1}
    task = c.start_message_move_task(**started)["TaskHandle"]
    raises(c.exceptions.UnsupportedOperation, c.start_message_move_task, **started)
    moved = c.cancel_message_move_task(TaskHandle=task)["ApproximateNumberOfMessagesMoved"]
    [shown] = c.list_message_move_tasks(SourceArn=arn(c, dead))["Results"]
    equal((shown["Status"], shown["ApproximateNumberOfMessagesMoved"]), ("CANCELLED", moved))
    equal(shown.get("TaskHandle"), None, "the handle of a task that is over")
    left = int(attribute(c, dead, "ApproximateNumberOfMessages")) + int(attribute(c, target, "ApproximateNumberOfMessages"))
    equal(left, 121, "messages in both queues")


CASES = [dead_letters, redrive_allowed, move_tasks, move_is_canceled]
