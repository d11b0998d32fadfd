"""Holds listeners that are lenient with errors to what clients of ActiveMQ, Artemis and RabbitMQ
count on, by stomp.py: a connection is there after an ERROR, and works.

Arguments: the addresses of such listeners for plain, activemq, artemis and rabbitmq. Writes a
line of JSON for each case."""

import json
import sys
import traceback

from judge import Client, equal


def refused(c, receipt, message):
    frame = c.next("ERROR")
    equal(frame.headers["receipt-id"], receipt, "receipt-id")
    equal(frame.headers["message"], message, "message")


def sends(addr):
    """Around a SEND that is refused the others go on, in their order."""
    c = Client(addr)
    c.subscribe("/queue/sends", "s")
    for i in range(9):
        there = i % 3 != 1
        c.conn.send("/queue/sends" if there else "/nowhere/x", str(i), receipt=str(i))
    answers = [c.listener.frames.get(timeout=180) for _ in range(9 + 6)]
    told = [frame.headers["receipt-id"] for kind, frame in answers if kind != "MESSAGE"]
    equal(told, [str(i) for i in range(9)], "answers")
    equal([kind for kind, _ in answers if kind != "MESSAGE"], ["RECEIPT", "ERROR", "RECEIPT"] * 3, "answers")
    equal([frame.body for kind, frame in answers if kind == "MESSAGE"], ["0", "2", "3", "5", "6", "8"], "messages")
    c.nothing()
    c.close()


def subscriptions(addr):
    c = Client(addr)
    for headers, message in (({"selector": "n >"}, "bad selector"), ({"ack": "never"}, "bad ack mode")):
        c.conn.subscribe("/queue/subscriptions", id="s", ack=headers.pop("ack", "auto"), headers={**headers, "receipt": "r"})
        refused(c, "r", message)
    c.conn.unsubscribe(id="s", headers={"receipt": "u"})
    refused(c, "u", "no such subscription")
    c.subscribe("/queue/subscriptions", "s")
    c.conn.send("/queue/subscriptions", "x")
    c.message("x", subscription="s")
    c.close()


def acks(addr):
    """What is acknowledged after a refused ACK is gone; what is not comes again."""
    c = Client(addr)
    for body in ("one", "two"):
        c.send("/queue/acks", body)
    c.subscribe("/queue/acks", "s", ack="client-individual")
    one = c.message("one").headers["ack"]
    c.message("two")
    c.conn.ack("unknown", receipt="a")
    refused(c, "a", "unknown message")
    c.conn.ack(one, receipt="b")
    equal(c.next("RECEIPT").headers["receipt-id"], "b")
    c.conn.ack(one, receipt="c")
    refused(c, "c", "unknown message")
    c.close()
    c = Client(addr)
    c.subscribe("/queue/acks", "s")
    c.message("two", redelivered="true")
    c.nothing()
    c.close()


def transactions(addr):
    """Of a transaction with a refused frame nothing is done, and its ACK may be given again."""
    c = Client(addr)
    c.send("/queue/in", "job")
    c.subscribe("/queue/in", "s", ack="client")
    ack = c.message("job").headers["ack"]
    c.conn.begin(transaction="t")
    c.conn.send("/queue/out", "half", transaction="t")
    c.conn.ack(ack, transaction="t")
    c.conn.send("/nowhere/x", "x", transaction="t", receipt="x")
    refused(c, "x", "invalid request")
    c.conn.commit(transaction="t", headers={"receipt": "c"})
    refused(c, "c", "transaction failed")
    c.conn.begin(transaction="t")
    c.conn.send("/queue/out", "whole", transaction="t")
    c.conn.ack(ack, transaction="t")
    c.conn.commit(transaction="t", headers={"receipt": "d"})
    equal(c.next("RECEIPT").headers["receipt-id"], "d")
    c.subscribe("/queue/out", "o")
    c.message("whole", subscription="o")
    c.nothing()
    c.close()


CASES = [sends, subscriptions, acks, transactions]


def main():
    judged = 0
    for dialect, addr in zip(("plain", "activemq", "artemis", "rabbitmq"), sys.argv[1:5]):
        for case in CASES:
            line = {"case": dialect + "/" + case.__name__}
            try:
                case(addr)
            except Exception:
                line["error"] = traceback.format_exc()
            print(json.dumps(line), flush=True)
            judged += 1
    print(json.dumps({"done": judged}), flush=True)


main()
