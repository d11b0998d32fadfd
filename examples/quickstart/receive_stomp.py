"""Receives one message from the queue "orders" by STOMP, with stomp.py."""

import sys
import threading

import stomp

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:61613"
host, port = address.rsplit(":", 1)
done = threading.Event()


class Printer(stomp.ConnectionListener):
    def on_message(self, frame):
        print(f"{frame.body}, quantity {frame.headers.get('quantity')}")
        conn.ack(frame.headers["ack"])  # without it, the message would come again
        done.set()


conn = stomp.Connection12([(host, int(port))])
conn.set_listener("", Printer())
conn.connect(wait=True)
conn.subscribe("/queue/orders", id="1", ack="client-individual")
done.wait()
conn.disconnect(receipt="bye")  # returns when the server has done all before it
