"""Holds a house to what STOMP clients of ActiveMQ, Artemis and RabbitMQ count on, by stomp.py.

Arguments: the addresses of the listeners for plain, activemq, artemis and rabbitmq. Writes a
line of JSON for each case."""

import json
import queue as queues
import sys
import traceback

import stomp

PATIENCE = 30  # when a case gives up, in seconds; not what anything takes


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

    def __init__(self, addr, kind=stomp.Connection12, vhost="/", wait=True):
        host, port = addr.rsplit(":", 1)
        self.conn = kind([(host, int(port))], vhost=vhost, reconnect_attempts_max=1)
        self.listener = Listener()
        self.conn.set_listener("judge", self.listener)
        self.conn.connect(wait=wait)
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

    def nothing(self):
        """Nothing has come before the answer to a frame that asks for nothing else."""
        self.conn.begin(transaction="t", headers={"receipt": "begun"})
        equal(self.next("RECEIPT").headers["receipt-id"], "begun")
        self.conn.abort("t")

    def close(self):
        self.conn.disconnect()


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
    for dialect, headers in (
        ("activemq", {"activemq.subscriptionName": "s"}), ("artemis", {"durable-subscription-name": "s"}),
        ("rabbitmq", {"durable": "true", "auto-delete": "false"}),
    ):
        c = Client(at[dialect])
        c.conn.subscribe("/topic/durable", id="d", headers=headers)
        refused(c, "not supported", next(iter(headers)))
    c = Client(at["activemq"])
    c.conn.send("/queue/often", "x", headers={"AMQ_SCHEDULED_CRON": "0 * * * *"})
    refused(c, "invalid request", "AMQ_SCHEDULED_CRON")


CASES = [
    servers_are_told_apart, one_queue_in_every_dialect, activemq_composite, activemq_nack, activemq_browser, activemq_temporary_queue,
    artemis_window, artemis_multicast, rabbitmq_reply, rabbitmq_prefetch, rabbitmq_topics, what_is_not_there_is_refused,
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
