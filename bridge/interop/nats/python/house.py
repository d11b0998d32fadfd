"""The server that is judged, and what every case wants of it."""

import asyncio
import contextlib
import dataclasses
import json

import nats
from nats.js.api import RetentionPolicy

PATIENCE = 30  # seconds; when a case gives up, not what anything takes


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

        nc = await nats.connect(url or self.url, **{"error_cb": note, "allow_reconnect": False, **options})
        nc.errors = errors
        try:
            yield nc
        finally:
            await nc.close()

    @contextlib.asynccontextmanager
    async def stream(self, name, **config):
        """A connection's JetStream context, which knows it as nc, and a work-queue stream of NAME.> in it."""
        async with self.session() as nc:
            js = nc.jetstream(timeout=PATIENCE)
            js.nc = nc
            await js.add_stream(name=name, **{"subjects": [name + ".>"], "retention": RetentionPolicy.WORK_QUEUE, **config})
            yield js

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
    await nc.flush()
    await nc.flush()


async def fails(kind, awaitable):
    """Awaits, and returns the error, which must be of this class."""
    try:
        got = await awaitable
    except kind as e:
        return e
    raise AssertionError(f"no {kind.__name__}, but {got}")


async def left(js, stream):
    """How many messages a stream has."""
    return (await js.stream_info(stream)).state.messages


async def nothing_comes(nc, stream, consumer="c"):
    """A pull that does not wait is told that nothing is there, by a status."""
    m = await nc.request(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", b'{"batch":1,"no_wait":true}', timeout=PATIENCE)
    assert (m.headers or {}).get("Status") == "404", m
