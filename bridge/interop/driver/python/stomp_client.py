"""STOMP 1.2, by stomp.py."""

import queue as queues
import uuid

import stomp
from stomp.exception import StompException


class Listener(stomp.ConnectionListener):
    """Puts what the server says into a queue that the caller waits on."""

    def __init__(self):
        self.frames = queues.Queue()
        self.leaving = False  # stomp.py says that the connection is gone before it shows the last receipt

    def on_message(self, frame):
        self.frames.put(("MESSAGE", frame))

    def on_receipt(self, frame):
        self.frames.put(("RECEIPT", frame.headers["receipt-id"]))

    def on_error(self, frame):
        self.frames.put(("ERROR", f"{frame.headers.get('message')}: {frame.body}"))

    def on_disconnected(self):
        self.frames.put(("GONE", "the connection is gone"))

    def next(self, deadline, want):
        """Returns the next frame of the kind wanted; others of no interest are passed by."""
        while True:
            try:
                kind, what = self.frames.get(timeout=deadline.left() or 0.001)
            except queues.Empty:
                raise TimeoutError(f"no {want}") from None
            if kind == "ERROR" or kind == "GONE" and not self.leaving:
                raise StompException(what)
            if kind == want:
                return what

    def await_receipts(self, ids, deadline):
        waiting = set(ids)
        while waiting:
            waiting.discard(self.next(deadline, "RECEIPT"))


class STOMP:
    """Opens a connection for each request, as short programs do. The
    connections of deliveries that are held stay open."""

    def __init__(self, addr):
        host, port = addr.rsplit(":", 1)
        self.addr = (host, int(port))
        self.held = {}  # connection and listener, by ack header

    def connect(self, deadline):
        # Bodies are bytes, so that binary ones survive.
        conn = stomp.Connection12(
            [self.addr], auto_decode=False, timeout=deadline.left(), reconnect_attempts_max=1
        )
        listener = Listener()
        conn.set_listener("driver", listener)
        conn.connect(wait=True)
        return conn, listener

    def produce(self, queue, messages, deadline):
        conn, listener = self.connect(deadline)
        receipts = []
        for m in messages:
            receipts.append(str(uuid.uuid4()))
            headers = dict(m.get("headers", []))
            conn.send(queue, m["body"], headers=headers, receipt=receipts[-1])
        listener.await_receipts(receipts, deadline)
        disconnect(conn, listener, deadline)

    def consume(self, queue, n, settle, deadline):
        conn, listener = self.connect(deadline)
        conn.subscribe(queue, id="1", ack="client-individual")
        messages, given = [], []
        while len(messages) < n:
            try:
                frame = listener.next(deadline, "MESSAGE")
            except TimeoutError:
                raise TimeoutError(f"{len(messages)} of {n} came") from None
            messages.append(show(frame))
            if settle == "nack":
                given.append(frame.headers["ack"])
            else:
                self.keep(conn, listener, frame.headers["ack"], settle)
        conn.unsubscribe(id="1")
        for ack in given:  # while the subscription stood, they would come straight back to it
            conn.nack(ack)
        if settle != "hold":
            disconnect(conn, listener, deadline)
        return messages

    def keep(self, conn, listener, ack, settle):
        """Settles a delivery, or holds it."""
        if settle == "ack":
            conn.ack(ack)
        elif settle == "nack":
            conn.nack(ack)
        else:
            self.held[ack] = (conn, listener)

    def settle(self, queue, handles, how, deadline):
        used = {}
        for h in handles:
            conn, listener = self.held.pop(h)
            used[id(conn)] = (conn, listener)
            self.keep(conn, listener, h, how)
        for conn, listener in used.values():
            disconnect(conn, listener, deadline)

    def count(self, queue, deadline):
        raise NotImplementedError("STOMP has no way to ask")

    def close(self):
        for conn, _ in self.held.values():
            conn.transport.stop()
        self.held.clear()


def disconnect(conn, listener, deadline):
    """Returns when the server has done all it was told before."""
    receipt = str(uuid.uuid4())
    listener.leaving = True
    conn.disconnect(receipt)
    listener.await_receipts([receipt], deadline)


def show(frame):
    h = frame.headers
    body = frame.body if isinstance(frame.body, bytes) else frame.body.encode()
    return {
        "body": body,
        "handle": h["ack"],
        "attempt": int(h.get("JMSXDeliveryCount", 0)),
        "destination": h["destination"],
        "headers": [[name, value] for name, value in h.items()],
    }
