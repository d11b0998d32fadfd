"""Holds a house to what STOMP clients of ActiveMQ, Artemis and RabbitMQ count on, by stomp.py.

Arguments: the addresses of the listeners for plain, activemq, artemis and rabbitmq. Writes a
line of JSON for each case."""

import json
import queue as queues
import sys
import traceback

import stomp

PATIENCE = 180  # when a case gives up, in seconds; not what anything takes


MANAGEMENT = "/topic/ActiveMQ.Scheduler.Management"


class Listener(stomp.ConnectionListener):
    def __init__(self):
        self.frames = queues.Queue()

    def on_connected(self, frame):
        self.frames.put(("CONNECTED", frame))

    def on_message(self, frame):
        self.frames.put(("MESSAGE", frame))

    def on_receipt(self, frame):
        self.frames.put(("RECEIPT", frame))

    def on_error(self, frame):
        self.frames.put(("ERROR", frame))


class Client:
    """A connection of stomp.py that tells what comes, in its order."""

    def __init__(self, addr, kind=stomp.Connection12, vhost="/", wait=True, **headers):
        host, port = addr.rsplit(":", 1)
        self.conn = kind([(host, int(port))], vhost=vhost, reconnect_attempts_max=1)
        self.listener = Listener()
        self.conn.set_listener("judge", self.listener)
        self.conn.connect(wait=wait, headers={name.replace("_", "-"): value for name, value in headers.items()})
        if wait:
            self.server = self.next("CONNECTED").headers["server"]

    def next(self, want):
        kind, frame = self.listener.frames.get(timeout=PATIENCE)
        if kind != want:
            raise AssertionError(f"{kind} {frame.headers} {frame.body!r}, not {want}")
        return frame

    def message(self, body, **headers):
        frame = self.next("MESSAGE")
        equal(frame.body, body, "body")
        for name, value in headers.items():
            equal(frame.headers.get(name.replace("_", "-")), value, name)
        return frame

    def send(self, destination, body, **headers):
        self.conn.send(destination, body, headers=headers, receipt="sent")
        equal(self.next("RECEIPT").headers["receipt-id"], "sent")

    def subscribe(self, destination, id, ack="auto", **headers):
        self.conn.subscribe(destination, id=id, ack=ack, headers={**headers, "receipt": "sub-" + id})
        equal(self.next("RECEIPT").headers["receipt-id"], "sub-" + id)

    def unsubscribe(self, id, **headers):
        self.conn.unsubscribe(id=id, headers={**headers, "receipt": "unsub-" + id})
        equal(self.next("RECEIPT").headers["receipt-id"], "unsub-" + id)

    def nothing(self):
        """Nothing has come before the answer to a frame that asks for nothing else."""
        self.conn.begin(transaction="t", headers={"receipt": "begun"})
        equal(self.next("RECEIPT").headers["receipt-id"], "begun")
        self.conn.abort("t")

    def close(self):
        """Closes, and returns when the server hands out nothing more to the connection, which disconnect does not wait
        for: the next client of a case would share its queue with this one. Whatever else comes is given back."""
        self.conn.send_frame("DISCONNECT", {"receipt": "bye"})
        frame = None
        while frame is None or frame.headers.get("receipt-id") != "bye":
            _, frame = self.listener.frames.get(timeout=PATIENCE)
        self.conn.transport.stop()


def equal(got, want, what="value"):
    if got != want:
        raise AssertionError(f"{what} is {got!r}, not {want!r}")


def servers_are_told_apart(at):
    for dialect, name in (("plain", "Sluice/"), ("activemq", "ActiveMQ/5"), ("artemis", "ActiveMQ-Artemis/2"), ("rabbitmq", "RabbitMQ/3")):
        c = Client(at[dialect])
        if not c.server.startswith(name) or "Sluice/" not in c.server:
            raise AssertionError(f"{dialect}: server is {c.server!r}")
        c.close()


def one_queue_in_every_dialect(at):
    for giver in at:
        for taker in at:
            one, two = Client(at[giver]), Client(at[taker])
            destination = "orders" if giver == "artemis" else "/queue/orders"
            one.send(destination, f"from {giver}", **{"correlation-id": "c", "reply-to": "/queue/answers", "colour": "red"})
            two.subscribe("/queue/orders", "s")
            two.message(f"from {giver}", destination="/queue/orders", correlation_id="c", reply_to="/queue/answers", colour="red")
            one.close()
            two.close()


def activemq_composite(at):
    c, reader = Client(at["activemq"]), Client(at["activemq"])
    reader.subscribe("/topic/audit.>", "t")
    c.send("/queue/composite,/topic/audit.composite", "both", persistent="true")
    reader.message("both", destination="/topic/audit.composite")
    c.subscribe("/queue/composite", "q", **{"activemq.prefetchSize": "1"})
    c.message("both", destination="/queue/composite", persistent="true")
    c.close()
    reader.close()


def activemq_nack(at):
    c = Client(at["activemq"])
    c.send("/queue/poison", "bad")
    c.subscribe("/queue/poison", "q", ack="client-individual")
    c.conn.nack(c.message("bad").headers["ack"])
    c.subscribe("/queue/ActiveMQ.DLQ", "dlq")
    c.message("bad", original_destination="/queue/poison", redelivered="true", JMSXDeliveryCount="2")
    c.close()


def activemq_browser(at):
    c = Client(at["activemq"])
    for body in ("one", "two"):
        c.send("/queue/look", body)
    c.subscribe("/queue/look", "b", browser="true")
    c.message("one")
    c.message("two")
    c.message("", browser="end")
    c.subscribe("/queue/look", "q")
    c.message("one", redelivered="false")
    c.message("two", redelivered="false")
    c.close()


def activemq_temporary_queue(at):
    client, server = Client(at["activemq"]), Client(at["activemq"])
    client.subscribe("/temp-queue/mine", "r")
    server.subscribe("/queue/rpc", "q")
    client.send("/queue/rpc", "ask", **{"reply-to": "/temp-queue/mine"})
    server.send(server.message("ask").headers["reply-to"], "answer")
    client.message("answer", subscription="r")
    client.close()
    server.close()


def activemq_schedules(at):
    c = Client(at["activemq"])
    c.subscribe("/queue/planned", "p")
    c.send("/queue/planned", "late", AMQ_SCHEDULED_DELAY="200")
    c.message("late")
    c.send("/queue/planned", "thrice", AMQ_SCHEDULED_DELAY="100", AMQ_SCHEDULED_PERIOD="50", AMQ_SCHEDULED_REPEAT="2")
    frames = [c.message("thrice") for _ in range(3)]
    equal(len({f.headers["message-id"] for f in frames}), 3, "ids")
    equal([name for f in frames for name in f.headers if name.startswith("AMQ_")], [], "headers of the schedule")
    equal(len({f.headers["scheduledJobId"] for f in frames}), 1, "jobs")
    c.unsubscribe("p")  # a minute may begin at any time, and what comes then is for later
    c.send("/queue/planned", "cron", AMQ_SCHEDULED_CRON="* * * * *")
    c.send(MANAGEMENT, "", AMQ_SCHEDULER_ACTION="BROWSE", **{"reply-to": "/queue/jobs"})
    c.subscribe("/queue/jobs", "j")
    job = c.message("cron", subscription="j", scheduledCron="* * * * *").headers
    c.unsubscribe("j")
    equal(int(job["scheduledNext"]) % 60000, 0, "milliseconds behind a full minute")
    c.subscribe("/queue/planned", "p")
    c.message("cron", scheduledJobId=job["scheduledJobId"])
    c.send(MANAGEMENT, "", AMQ_SCHEDULER_ACTION="REMOVE", scheduledJobId=job["scheduledJobId"])
    c.send(MANAGEMENT, "", AMQ_SCHEDULER_ACTION="BROWSE", **{"reply-to": "/queue/jobs"})
    c.subscribe("/queue/jobs", "j")
    c.nothing()
    c.close()


def artemis_window(at):
    c = Client(at["artemis"], stomp.Connection11)
    for body in ("one", "two"):
        c.send("window", body, **{"destination-type": "ANYCAST"})
    c.subscribe("window", "q", ack="client-individual", **{"subscription-type": "ANYCAST", "consumer-window-size": "0"})
    first = c.message("one", destination="window")
    c.nothing()
    c.conn.ack(first.headers["message-id"], "q")
    c.message("two")
    c.close()


def artemis_multicast(at):
    one, two = Client(at["artemis"]), Client(at["artemis"])
    one.subscribe("news.#", "1", **{"subscription-type": "MULTICAST"})
    two.subscribe("jms.topic.news.eu", "2")
    two.send("news.eu", "hello", **{"destination-type": "MULTICAST"})
    one.message("hello", destination="news.eu")
    two.message("hello", destination="jms.topic.news.eu")
    one.close()
    two.close()


def rabbitmq_reply(at):
    client, server = Client(at["rabbitmq"]), Client(at["rabbitmq"])
    server.subscribe("/queue/rabbit-rpc", "q")
    client.send("/queue/rabbit-rpc", "ask", **{"reply-to": "/temp-queue/mine"})
    to = server.message("ask").headers["reply-to"]
    if not to.startswith("/reply-queue/"):
        raise AssertionError(to)
    server.send(to, "answer")
    client.message("answer", subscription="/temp-queue/mine")
    client.close()
    server.close()


def rabbitmq_prefetch(at):
    c = Client(at["rabbitmq"])
    for body in ("one", "two"):
        c.send("/queue/fair%2Fshare", body, expiration="60000")
    c.subscribe("/amq/queue/fair%2Fshare", "q", ack="client-individual", **{"prefetch-count": "1", "durable": "true", "auto-delete": "false"})
    first = c.message("one", destination="/queue/fair%2Fshare")
    left = int(first.headers["expiration"])  # what it took until it was on disk is off
    if not 0 < left <= 60000:
        raise AssertionError(f"expiration is {left}")
    c.nothing()
    c.conn.nack(first.headers["ack"])
    again = c.message("one", redelivered="true")
    c.conn.nack(again.headers["ack"], requeue="false")
    c.message("two")
    c.close()


def rabbitmq_topics(at):
    c = Client(at["rabbitmq"])
    c.subscribe("/exchange/amq.topic/stock.#", "t")
    for key in ("stock", "stock.nyse.ibm"):
        c.send("/topic/" + key, key)
        c.message(key, destination="/topic/" + key)
    c.close()


def durable(at, dialect, topic, id="d", **headers):
    """A durable subscription keeps what comes meanwhile, until UNSUBSCRIBE names it."""
    login = {} if dialect == "rabbitmq" else {"client_id": "judge-" + dialect}
    sender = Client(at[dialect])
    c = Client(at[dialect], **login)
    c.subscribe(topic, id, **headers)
    sender.send(topic, "one")
    c.message("one", destination=topic, subscription=id)
    c.close()
    for body in ("two", "three"):
        sender.send(topic, body)
    c = Client(at[dialect], **login)
    c.subscribe(topic, id, ack="client-individual", **headers)
    c.conn.ack(c.message("two").headers["ack"])
    c.message("three", redelivered="false")
    c.close()
    c = Client(at[dialect], **login)
    c.subscribe(topic, id, **headers)
    c.message("three", redelivered="true")
    c.unsubscribe(id, **headers)
    sender.send(topic, "four")
    c.subscribe(topic, id, **headers)
    c.nothing()
    c.unsubscribe(id, **headers)
    c.close()
    sender.close()


def shared(one, two):
    """Each of two consumers that take one message at a time gets one of two."""
    equal(sorted(c.next("MESSAGE").body for c in (one, two)), ["first", "second"])


def activemq_durable(at):
    durable(at, "activemq", "/topic/durable.activemq", **{"activemq.subscriptionName": "mine"})
    first = Client(at["activemq"], client_id="judge")
    refused(Client(at["activemq"], client_id="judge", wait=False), "invalid client id", "InvalidClientIDException")
    first.close()


def activemq_virtual_topic(at):
    a, b, sender = (Client(at["activemq"]) for _ in range(3))
    a.subscribe("/queue/Consumer.A.VirtualTopic.stock", "a")
    b.subscribe("/queue/Consumer.B.VirtualTopic.stock", "b")
    sender.send("/topic/VirtualTopic.stock", "up")
    for c in (a, b):
        c.message("up", destination="/topic/VirtualTopic.stock")
    for c in (a, b, sender):
        c.close()


def artemis_durable(at):
    for name in ("durable-subscription-name", "durable-subscriber-name", "activemq.subscriptionName"):
        durable(at, "artemis", "/topic/durable.artemis", **{name: "mine"})


def artemis_queue_of_an_address(at):
    one, two = Client(at["artemis"]), Client(at["artemis"])
    for c in (one, two):
        c.subscribe("fqqn.address::fqqn.queue", "q", ack="client-individual", **{"consumer-window-size": "0"})
    sender = Client(at["artemis"])
    for body in ("first", "second"):
        sender.send("fqqn.address", body, **{"destination-type": "MULTICAST"})
    shared(one, two)
    sender.close()
    one.close()
    two.close()


def rabbitmq_durable(at):
    flags = {"durable": "true", "auto-delete": "false"}
    durable(at, "rabbitmq", "/topic/durable.rabbitmq", **flags)
    one, two = Client(at["rabbitmq"]), Client(at["rabbitmq"])
    for c in (one, two):
        c.subscribe("/topic/shared.work", "w", ack="client-individual", **{"prefetch-count": "1", **flags})
    sender = Client(at["rabbitmq"])
    for body in ("first", "second"):
        sender.send("/topic/shared.work", body)
    shared(one, two)
    sender.close()
    one.close()
    two.close()


def plain_durable(at):
    durable(at, "plain", "/topic/durable.plain", **{"activemq.subscriptionName": "a"})
    durable(at, "plain", "/topic/durable.plain", **{"durable-subscription-name": "b"})
    durable(at, "plain", "/topic/durable.plain", **{"durable": "true", "auto-delete": "false"})
    durable(at, "plain", "/topic/durable.plain", **{"sluice-subscription": "c", "sluice-shared": "true"})


def no_local(at):
    for dialect, header in (("activemq", "activemq.noLocal"), ("artemis", "no-local")):
        c, other = Client(at[dialect]), Client(at[dialect])
        c.subscribe("/topic/chat." + dialect, "c", **{header: "true"})
        c.send("/topic/chat." + dialect, "mine")
        other.send("/topic/chat." + dialect, "yours")
        c.message("yours")
        c.nothing()
        c.close()
        other.close()


def refused(c, message, word):
    frame = c.next("ERROR")
    equal(frame.headers["message"], message, "message")
    if word not in frame.body:
        raise AssertionError(f"no {word!r} in {frame.body!r}")


def what_is_not_there_is_refused(at):
    c = Client(at["rabbitmq"], vhost="production", wait=False)
    refused(c, "Bad CONNECT", "production")
    c = Client(at["rabbitmq"])
    c.conn.send("/exchange/logs/key", "x")
    refused(c, "invalid request", "/exchange/logs/key")
    for dialect, headers, message, word in (
        ("activemq", {"activemq.subscriptionName": "s"}, "bad subscription", "client-id"),
        ("artemis", {"durable-subscription-name": "s"}, "bad subscription", "client-id"),
        ("rabbitmq", {"durable": "true"}, "invalid request", "auto-delete:false"),
    ):
        c = Client(at[dialect])
        c.conn.subscribe("/topic/durable", id="d", headers=headers)
        refused(c, message, word)
    c = Client(at["activemq"])
    c.conn.send("/queue/often", "x", headers={"AMQ_SCHEDULED_CRON": "0 * * *"})
    refused(c, "invalid request", "AMQ_SCHEDULED_CRON")


def activemq_groups(at):
    """A group is one consumer's until that dies or JMSXGroupSeq:-1 ends it."""
    for dialect in ("plain", "activemq", "artemis"):
        giver, one, two = (Client(at[dialect]) for _ in range(3))
        jobs = f"/queue/jobs-{dialect}"
        one.subscribe(jobs, "s", ack="client-individual")
        giver.send(jobs, "a1", JMSXGroupID="a")
        one.message("a1", JMSXGroupID="a")
        two.subscribe(jobs, "s", ack="client-individual")
        giver.send(jobs, "a2", JMSXGroupID="a", JMSXGroupSeq="2")
        one.message("a2", JMSXGroupID="a", JMSXGroupSeq="2")
        two.nothing()
        one.conn.transport.disconnect_socket()  # it dies, with both in its hands
        two.message("a1", redelivered="true")
        two.message("a2", redelivered="true")
        three = Client(at[dialect])
        three.subscribe(jobs, "s", ack="client-individual")
        giver.send(jobs, "a3", JMSXGroupID="a", JMSXGroupSeq="-1")
        two.message("a3", JMSXGroupSeq="-1")
        two.conn.unsubscribe("s", headers={"receipt": "over"})
        equal(two.next("RECEIPT").headers["receipt-id"], "over")
        giver.send(jobs, "a4", JMSXGroupID="a")
        three.message("a4")
        for c in (giver, two, three):
            c.close()


def exclusive_consumers(at):
    """One gets everything; when it goes, the next takes over, and then those who did not ask."""
    for dialect, destination, headers in (
        ("plain", "/queue/one-{}", {"activemq.exclusive": "true"}),
        ("activemq", "/queue/one-{}", {"activemq.exclusive": "true", "activemq.priority": "3"}),
        ("activemq", "/queue/query-{}?consumer.exclusive=true", {}),
        ("rabbitmq", "/queue/one-{}", {"x-single-active-consumer": "true", "x-priority": "1"}),
    ):
        asked = destination.format(dialect)
        queue = asked.split("?")[0]
        others, first, second = (Client(at[dialect]) for _ in range(3))
        others.subscribe(queue, "s")
        first.subscribe(asked, "s", ack="client-individual", **headers)
        second.subscribe(asked, "s", ack="client-individual", **headers)
        for body in ("1", "2"):
            others.send(queue, body)
            first.message(body)
        second.nothing()
        others.nothing()
        first.close()
        second.message("1", redelivered="true")
        second.message("2", redelivered="true")
        second.close()
        others.message("1")
        others.message("2")
        others.close()


CASES = [
    servers_are_told_apart, one_queue_in_every_dialect, activemq_composite, activemq_nack, activemq_browser, activemq_temporary_queue,
    activemq_schedules,
    artemis_window, artemis_multicast, rabbitmq_reply, rabbitmq_prefetch, rabbitmq_topics,
    activemq_durable, activemq_virtual_topic, artemis_durable, artemis_queue_of_an_address, rabbitmq_durable, plain_durable, no_local,
    activemq_groups, exclusive_consumers, what_is_not_there_is_refused,
]


def main():
    at = dict(zip(("plain", "activemq", "artemis", "rabbitmq"), sys.argv[1:5]))
    for case in CASES:
        line = {"case": case.__name__}
        try:
            case(at)
        except Exception:
            line["error"] = traceback.format_exc()
        print(json.dumps(line), flush=True)
    print(json.dumps({"done": len(CASES)}), flush=True)


if __name__ == "__main__":
    main()
