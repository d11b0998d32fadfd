"""Judges the gateway by Celery and kombu: real workers, whose tasks tell what they do."""

import json
import os
import signal
import subprocess
import sys
from urllib.parse import quote

import kombu
import report
from boto3_client import attribute, client
from botocore.exceptions import ClientError
from report import equal, raises

HOST = os.environ["AWS_ENDPOINT_URL_SQS"].removeprefix("http://")
POLLS = {"wait_time_seconds": 5, "polling_interval": 0}  # kombu gives a poll 30 s, and what comes later is lost


def broker(secret=os.environ["AWS_SECRET_ACCESS_KEY"]):
    return f"sqs://{quote(os.environ['AWS_ACCESS_KEY_ID'], safe='')}:{quote(secret, safe='')}@{HOST}"


class Events:
    """What tasks have told, as it came."""

    def __init__(self):
        self.sqs = client()
        self.url = self.sqs.create_queue(QueueName="celery-events")["QueueUrl"]
        self.kept = []

    def next(self, **want):
        """Waits for an event that has all of this."""
        for i, e in enumerate(self.kept):
            if want.items() <= e.items():
                return self.kept.pop(i)
        for _ in range(15):
            for e in self.poll(20):
                if want.items() <= e.items():
                    return e
                self.kept.append(e)
        raise AssertionError(f"no event with {want}, but {self.kept}")

    def poll(self, seconds):
        """Returns what comes next, if anything does for so long."""
        out = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=seconds)
        for m in out.get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=m["ReceiptHandle"])
            yield json.loads(m["Body"])

    def await_empty(self, c, queue):
        """Waits until a worker has acknowledged all it has done, which it does after a task has told of
        itself. A worker that is stopped in the middle of that breaks it off."""
        for _ in range(120):
            counts = left(c, queue)
            if counts == ("0", "0", "0"):
                return
            self.kept += self.poll(1)
        raise AssertionError(f"messages left in {queue}: {counts}")


class Worker:
    """A worker with its children, in a process group of their own."""

    def __init__(self, name, queues, options):
        self.log = os.path.join(os.environ["HOME"], name + ".log")
        command = [sys.executable, "-m", "celery", "-A", "celery_tasks", "worker"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command + ["-n", name + "@judge", "-Q", ",".join(queues), "-c", "1", "-l", "WARNING"],
                env={**os.environ, "JUDGE_OPTIONS": json.dumps({**POLLS, **options}), "JUDGE_WORKER": name},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.kill()
        if kind is not None:
            with open(self.log) as log:
                print(f"{self.log}:\n{log.read()}", file=sys.stderr)

    def kill(self):
        """Kills all of it, without a chance to put anything in order."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def stop(self):
        """Stops it as an operator does."""
        self.process.terminate()
        equal(self.process.wait(240), 0, "exit code of the worker")


def send(name, *args, queue, options=None):
    """Sends a task as a program that knows its name alone does."""
    from celery_tasks import app

    with app.connection_for_write(broker(), transport_options=options or {}) as connection:
        app.send_task("celery_tasks." + name, args, queue=queue, connection=connection)


def left(c, queue):
    """Counts what waits in a queue, or is in flight."""
    url = c.get_queue_url(QueueName=queue)["QueueUrl"]
    return tuple(
        attribute(c, url, "ApproximateNumberOfMessages" + state) for state in ("", "NotVisible", "Delayed")
    )


def tasks_are_done(c, events):
    """The queues are made by use, a FIFO one among them, and are empty in the end."""
    options = {"visibility_timeout": 600, "queue_tags": {"made-by": "kombu"}}
    queues = ["celery-plain", "celery-order.fifo"]
    with Worker("plain", queues, options) as worker:
        send("add", 2, 3, queue="celery-plain", options=options)
        equal(events.next(task="add")["result"], 5)
        for i in range(3):
            send("add", i, 100, queue="celery-order.fifo", options=options)
        equal([events.next(task="add")["result"] for _ in range(3)], [100, 101, 102])
        send("retried", 2, queue="celery-plain", options=options)
        equal([events.next(task="retried")["retries"] for _ in range(3)], [0, 1, 2])
        for q in queues:
            events.await_empty(c, q)
        worker.stop()
    url = c.get_queue_url(QueueName="celery-plain")["QueueUrl"]
    equal(attribute(c, url, "VisibilityTimeout"), "600")
    if kombu.VERSION >= (5, 6):
        equal(c.list_queue_tags(QueueUrl=url)["Tags"], {"made-by": "kombu"})


def task_of_a_killed_worker(c, events):
    """With acks_late a task that nobody has finished comes to another worker."""
    options = {"visibility_timeout": 5}
    send("long", queue="celery-long", options=options)
    with Worker("first", ["celery-long"], options) as first:
        equal(events.next(task="long")["worker"], "first")
        first.kill()
    with Worker("second", ["celery-long"], options) as second:
        equal(events.next(task="long", state="done")["worker"], "second")
        events.await_empty(c, "celery-long")
        second.stop()


def predefined_queue(c, events):
    """The queue is there, with keys of its own; a task that fails comes back as the policy has it."""
    url = c.create_queue(QueueName="celery-predefined", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    queue = {
        "url": url,
        "access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
        "secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "backoff_policy": {1: 0, 2: 0},
        "backoff_tasks": ["celery_tasks.backed_off"],
    }
    options = {"predefined_queues": {"celery-predefined": queue}}
    with Worker("predefined", ["celery-predefined"], options) as worker:
        send("backed_off", queue="celery-predefined", options=options)
        equal([events.next(task="backed_off")["times"] for _ in range(3)], [1, 2, 3])
        events.await_empty(c, "celery-predefined")
        worker.stop()


def simple_queue(c, events):
    """kombu without Celery."""
    with kombu.Connection(broker(), transport_options=POLLS) as connection:
        queue = connection.SimpleQueue("kombu-simple")
        for body in ("text", {"a": [1, None, "é"]}):
            queue.put(body)
            m = queue.get(timeout=180)
            equal(m.payload, body)
            m.ack()
        queue.put("goes")
        equal(queue.qsize(), 1)
        queue.clear()
        equal(queue.qsize(), 0)
        queue.close()


def wrong_secret(c, events):
    with kombu.Connection(broker(secret="wrong")) as connection:
        e = raises(ClientError, connection.SimpleQueue, name="kombu-refused")
    equal(e.response["Error"]["Code"], "SignatureDoesNotMatch")


CASES = [simple_queue, wrong_secret, tasks_are_done, task_of_a_killed_worker, predefined_queue]

if __name__ == "__main__":
    os.environ["JUDGE_BROKER"] = broker()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))  # workers go with their judge
    report.run(CASES, client(), Events())
