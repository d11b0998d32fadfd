"""NATS JetStream, by nats-py."""

import asyncio
import threading

import nats
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig
from nats.js.errors import NotFoundError

CONSUMER = "interop"  # the durable consumer that every driver pulls from
ACK_WAIT = 600  # seconds; longer than any driver takes to settle a batch, or a test what it holds
PATIENCE = 180  # seconds; when to give up


class NATS:
    """Runs nats-py on an event loop of its own, so that the connection lives
    between requests."""

    def __init__(self, addr):
        self.addr = addr
        self.nc = None
        self.loop = asyncio.new_event_loop()
        # Ends with close, or with the process.
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine, deadline):
        limited = asyncio.wait_for(coroutine, deadline.left())
        return asyncio.run_coroutine_threadsafe(limited, self.loop).result()

    async def jetstream(self):
        if self.nc is None:
            self.nc = await nats.connect("nats://" + self.addr, connect_timeout=PATIENCE, max_reconnect_attempts=-1)
        return self.nc.jetstream(timeout=PATIENCE)

    async def stream(self, queue):
        """Makes the stream of a queue: its subject has the same name."""
        js = await self.jetstream()
        try:
            await js.stream_info(queue)
        except NotFoundError:
            config = StreamConfig(name=queue, subjects=[queue], retention=RetentionPolicy.WORK_QUEUE)
            await js.add_stream(config)
        return js

    def produce(self, queue, messages, deadline):
        async def publish():
            js = await self.stream(queue)
            for m in messages:
                await js.publish(queue, m["body"], headers=dict(m.get("headers") or []) or None)

        self.run(publish(), deadline)

    def consume(self, queue, n, settle, deadline):
        messages = []

        async def fetch():
            js = await self.stream(queue)
            config = ConsumerConfig(durable_name=CONSUMER, ack_policy=AckPolicy.EXPLICIT, ack_wait=ACK_WAIT)
            await js.add_consumer(queue, config)
            sub = await js.pull_subscribe_bind(CONSUMER, stream=queue)
            while len(messages) < n:
                for m in await sub.fetch(n - len(messages), timeout=deadline.left()):
                    messages.append(show(m))
                    if settle == "ack":
                        await m.ack_sync(timeout=deadline.left())
                    elif settle == "nack":
                        await m.nak()
            await sub.unsubscribe()
            await self.nc.flush(PATIENCE)

        try:
            self.run(fetch(), deadline)
        except TimeoutError:
            raise TimeoutError(f"{len(messages)} of {n} came") from None
        return messages

    def settle(self, queue, handles, how, deadline):
        payload = {"ack": b"+ACK", "nack": b"-NAK"}[how]

        async def answer():
            await self.jetstream()
            for h in handles:
                await self.nc.request(h, payload, timeout=deadline.left())

        self.run(answer(), deadline)

    def count(self, queue, deadline):
        async def info():
            js = await self.jetstream()
            return await js.stream_info(queue)

        return {"ready": self.run(info(), deadline).state.messages, "leased": 0, "delayed": 0}

    def close(self):
        if self.nc is not None:
            asyncio.run_coroutine_threadsafe(self.nc.close(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)


def show(m):
    return {
        "body": m.data,
        "handle": m.reply,
        "attempt": m.metadata.num_delivered,
        "destination": m.subject,
        "headers": [[name, value] for name, value in (m.headers or {}).items()],
    }
