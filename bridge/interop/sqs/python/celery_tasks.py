"""The application of the Celery judge. Its tasks tell what they do on a queue of their own."""

import json
import os
import signal

from boto3_client import client
from celery import Celery


def options():
    """JSON has no numbers for keys."""
    found = json.loads(os.environ.get("JUDGE_OPTIONS", "{}"))
    for queue in found.get("predefined_queues", {}).values():
        queue["backoff_policy"] = {int(k): v for k, v in queue["backoff_policy"].items()}
    return found


app = Celery("judge", broker=os.environ["JUDGE_BROKER"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options=options(),
    task_default_queue="celery-plain",
    worker_prefetch_multiplier=1,
)


def tell(task, **what):
    """Sends an event to the judge."""
    sqs = client()
    event = json.dumps({"task": task.name.rsplit(".")[-1], "worker": os.environ.get("JUDGE_WORKER"), **what})
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="celery-events")["QueueUrl"], MessageBody=event)


@app.task(bind=True)
def add(self, a, b):
    tell(self, result=a + b)


@app.task(bind=True, max_retries=5)
def retried(self, fails):
    tell(self, retries=self.request.retries)
    if self.request.retries < fails:
        raise self.retry(countdown=0)


@app.task(bind=True, acks_late=True)
def long(self):
    """Goes on until the second worker has it."""
    tell(self, state="began")
    if os.environ["JUDGE_WORKER"] == "first":
        os.kill(os.getpid(), signal.SIGSTOP)  # and never ends
    tell(self, state="done")


@app.task(bind=True, acks_late=True, acks_on_failure_or_timeout=False)
def backed_off(self):
    """Fails twice, and comes back by itself."""
    with open(os.path.join(os.environ["HOME"], "times"), "a+") as f:
        f.write("x")
        f.seek(0)
        times = len(f.read())
    tell(self, times=times)
    if times < 3:
        raise RuntimeError("not yet")
