"""The server that is judged, and what every case wants of it."""

import asyncio
import contextlib
import dataclasses
import json
import time

import nats
from nats.js.api import RetentionPolicy
from report import equal

PATIENCE = 60  # seconds; when a case gives up, not what anything takes


@dataclasses.dataclass
class House:
    url: str
    web: str
    secure: str
    ca: str
    lever: str
    differs: dict

    @classmethod
    def of(cls, text):
        return cls(**json.loads(text))

    @contextlib.asynccontextmanager
    async def session(self, url=None, **options):
        """A connection, which is closed at the end. What goes wrong in the background is in its list errors."""
        errors = []

        async def note(e):
            errors.append(e)

        nc = await nats.connect(url or self.url, **{
            "error_cb": note, "allow_reconnect": False, "connect_timeout": PATIENCE, "drain_timeout": PATIENCE, **options,
        })  # fmt: skip
        nc.errors = errors
        try:
            yield nc
        finally:
            await nc.close()

    @contextlib.asynccontextmanager
    async def stream(self, name, **config):
        """A connection's JetStream context, which knows it as nc and this as house, and a work-queue stream of NAME.> in it."""
        async with self.session() as nc:
            js = nc.jetstream(timeout=PATIENCE)
            js.nc, js.house = nc, self
            await js.add_stream(name=name, **{"subjects": [name + ".>"], "retention": RetentionPolicy.WORK_QUEUE, **config})
            yield js

    async def counts(self, ask, want):
        """Claims what an answer is: the first one, or one of those that follow where a server counts later than it answers."""
        end = time.monotonic() + PATIENCE
        got = await ask()
        while got != want and self.differs["counts"] == "later" and time.monotonic() < end:
            got = await ask()
        equal(got, want)

    async def pull(self, order):
        """Stops or starts the server."""
        host, port = self.lever.split(":")
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(order.encode() + b"\n")
        answer = (await reader.readline()).decode().strip()
        writer.close()
        assert answer == "ok", answer


async def subscribed(nc):
    """Returns when the server knows of all subscriptions. The PING of a flush goes out before what waits to be written,
    subscriptions among it; that of a second one does not."""
    await nc.flush(PATIENCE)
    await nc.flush(PATIENCE)


async def fails(kind, awaitable):
    """Awaits, and returns the error, which must be of this class."""
    try:
        got = await awaitable
    except kind as e:
        return e
    raise AssertionError(f"no {kind.__name__}, but {got}")


async def left(js, stream, want):
    """Claims how many messages a stream has."""

    async def messages():
        return (await js.stream_info(stream)).state.messages

    await js.house.counts(messages, want)


async def nothing_comes(nc, stream, consumer="c"):
    """A pull that does not wait is told that nothing is there, by a status."""
    m = await nc.request(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", b'{"batch":1,"no_wait":true}', timeout=PATIENCE)
    assert (m.headers or {}).get("Status") == "404", m
