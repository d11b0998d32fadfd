"""Holds a house to what stomp.py's own options promise, in each dialect.

Arguments: the addresses of the listeners for plain, activemq, artemis and rabbitmq, and that of
the lever. Writes a line of JSON for each case."""

import queue as queues
import socket
import sys

import stomp
from judge import PATIENCE, Listener, equal
from report import run

KINDS = {"1.0": stomp.Connection10, "1.1": stomp.Connection11, "1.2": stomp.Connection12}


class Watcher(Listener):
    """A listener that tells of beats and ends, too."""

    def __init__(self):
        super().__init__()
        self.signs = queues.Queue()

    def on_heartbeat(self):
        self.signs.put("beat")

    def on_disconnected(self):
        self.signs.put("end")

    def next(self, want):
        kind, frame = self.frames.get(timeout=PATIENCE)
        if kind != want:
            raise AssertionError(f"{kind} {frame.headers} {frame.body!r}, not {want}")
        return frame


def address(addr):
    host, port = addr.rsplit(":", 1)
    return host, int(port)


def connect(addrs, version="1.2", **options):
    if version != "1.0":
        options.setdefault("vhost", "/")
    conn, watcher = KINDS[version](addrs, **options), Watcher()
    conn.set_listener("judge", watcher)
    conn.connect("guest", "guest", wait=True)
    equal(watcher.next("CONNECTED").headers.get("version"), version, "version")
    return conn, watcher


def subscribe(conn, watcher, queue, ack="auto"):
    conn.subscribe(queue, id="s", ack=ack, headers={"receipt": "subscribed"})
    watcher.next("RECEIPT")


def send(conn, watcher, queue, body, **options):
    conn.send(queue, body, headers={"receipt": "sent", **options.pop("headers", {})}, **options)
    watcher.next("RECEIPT")


def leave(conn, watcher):
    """Returns when the server hands out nothing more to the connection, which would share its queue with the next."""
    conn.disconnect(receipt="bye")
    equal(watcher.next("RECEIPT").headers["receipt-id"], "bye", "receipt-id")


def message(watcher, body):
    frame = watcher.next("MESSAGE")
    equal(frame.body, body, "body")
    return frame


def ack(conn, version, frame, **options):
    if version == "1.0":
        conn.ack(frame.headers["message-id"], **options)
    elif version == "1.1":
        conn.ack(frame.headers["message-id"], "s", **options)
    else:
        conn.ack(frame.headers["ack"], **options)


def versions(at):
    """Sends, takes and acknowledges in each version, as its class does."""
    for dialect, addr in at.items():
        for version in KINDS:
            queue = f"/queue/py.versions.{dialect}.{version}"
            conn, watcher = connect([address(addr)], version)
            send(conn, watcher, queue, "one")
            subscribe(conn, watcher, queue, "client")
            ack(conn, version, message(watcher, "one"), receipt="settled")
            equal(watcher.next("RECEIPT").headers["receipt-id"], "settled", "receipt-id")
            conn.disconnect()


def transactions(at):
    for dialect, addr in at.items():
        queue = f"/queue/py.tx.{dialect}"
        conn, watcher = connect([address(addr)])
        tx = conn.begin()
        conn.send(queue, "never", transaction=tx)
        conn.abort(tx)
        tx = conn.begin()
        conn.send(queue, "one", transaction=tx)
        conn.send(queue, "two", transaction=tx)
        conn.commit(tx, receipt="done")
        watcher.next("RECEIPT")
        subscribe(conn, watcher, queue, "client-individual")
        one, two = message(watcher, "one"), message(watcher, "two")
        tx = conn.begin()
        ack(conn, "1.2", one, transaction=tx)
        conn.abort(tx)
        tx = conn.begin()
        ack(conn, "1.2", two, transaction=tx)
        conn.commit(tx, receipt="done")
        watcher.next("RECEIPT")
        conn.disconnect()
        conn, watcher = connect([address(addr)])
        subscribe(conn, watcher, queue)
        message(watcher, "one")
        conn.send(queue, "three")
        message(watcher, "three")
        conn.disconnect()


def octets(at):
    """Any octets with auto_decode off, and text without a content-length."""
    every = bytes(range(256)) * 100
    for dialect, addr in at.items():
        queue = f"/queue/py.octets.{dialect}"
        conn, watcher = connect([address(addr)], auto_decode=False)
        send(conn, watcher, queue, every, content_type="application/octet-stream")
        subscribe(conn, watcher, queue)
        equal(message(watcher, every).headers["content-type"], "application/octet-stream", "content-type")
        leave(conn, watcher)
        conn, watcher = connect([address(addr)], auto_content_length=False)
        subscribe(conn, watcher, queue)
        send_text = "grün: \\ and\nmore"
        conn.send(queue, send_text, headers={"colour": send_text})
        equal(message(watcher, send_text).headers["colour"], send_text, "header")
        conn.disconnect()


def beats(at):
    conns = [connect([address(addr)], heartbeats=(500, 500)) for addr in at.values()]
    for conn, watcher in conns:
        for _ in range(3):
            equal(watcher.signs.get(timeout=PATIENCE), "beat", "sign of life")
        conn.disconnect()


def failover(at):
    """Of the servers that it is given the client takes the first that is there."""
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))  # and nobody listens
        for addr in at.values():
            conn, _ = connect([dead.getsockname(), address(addr)], reconnect_sleep_initial=0.01)
            conn.disconnect()


def pull(order):
    with socket.create_connection(address(sys.argv[5])) as lever:
        lever.sendall(f"{order}\n".encode())
        equal(lever.makefile().readline().strip(), "ok", order)


def restart(at):
    """The client connects again where its listener is told of the end, as its documentation has it."""
    queue = "/queue/py.restart"
    conns = {dialect: connect([address(addr)]) for dialect, addr in at.items()}
    for dialect, (conn, watcher) in conns.items():
        send(conn, watcher, queue + dialect, "before", headers={"persistent": "true"})
        subscribe(conn, watcher, queue + dialect, "client")
        message(watcher, "before")
    pull("stop")
    for _, watcher in conns.values():
        watcher.next("ERROR")
        equal(watcher.signs.get(timeout=PATIENCE), "end", "sign")
    pull("start")
    for dialect, (conn, watcher) in conns.items():
        conn.connect("guest", "guest", wait=True)
        watcher.next("CONNECTED")
        subscribe(conn, watcher, queue + dialect, "client")
        equal(message(watcher, "before").headers["redelivered"], "true", "redelivered")
        conn.disconnect()


run([versions, transactions, octets, beats, failover, restart], dict(zip(("plain", "activemq", "artemis", "rabbitmq"), sys.argv[1:5])))
