"""What a publisher is told."""

import asyncio

from house import PATIENCE, fails, left
from nats.js.errors import APIError, BadRequestError, NoStreamResponseError
from report import equal


async def answers_are_numbered(house):
    async with house.stream("pyacks") as js:
        for i in range(5):
            ack = await js.publish("pyacks.x", b"x", stream="pyacks")
            equal((ack.stream, ack.seq, ack.duplicate), ("pyacks", i + 1, None))


async def many_at_once(house):
    async with house.stream("pymany") as js:
        futures = [await js.publish_async("pymany.x", b"%d" % i) for i in range(2000)]
        await asyncio.wait_for(js.publish_async_completed(), PATIENCE)
        equal([f.result().seq for f in futures], list(range(1, 2001)))
        equal(js.publish_async_pending(), 0)
        await left(js, "pymany", 2000)


async def known_ids_are_duplicates(house):
    async with house.stream("pyids") as js:
        first = await js.publish("pyids.x", b"one", headers={"Nats-Msg-Id": "id-1"})
        again = await js.publish("pyids.x", b"one", headers={"Nats-Msg-Id": "id-1"})
        equal((again.seq, again.duplicate), (first.seq, True))
        await left(js, "pyids", 1)


async def expectations(house):
    async with house.stream("pyexpect") as js:
        await js.publish("pyexpect.x", headers={"Nats-Expected-Last-Sequence": "0"})
        e = await fails(BadRequestError, js.publish("pyexpect.x", headers={"Nats-Expected-Last-Sequence": "7"}))
        equal((e.err_code, e.description), (10071, "wrong last sequence: 1"))
        equal((await fails(BadRequestError, js.publish("pyexpect.x", stream="other"))).err_code, 10060)
        await left(js, "pyexpect", 1)


async def nothing_keeps_it(house):
    async with house.session() as nc:
        js = nc.jetstream(timeout=PATIENCE)
        await fails(NoStreamResponseError, js.publish("pynowhere.x", b""))


async def lifetimes(house):
    async with house.stream("pyttl", allow_msg_ttl=True) as js:
        equal((await js.publish("pyttl.x", b"", msg_ttl=3600)).seq, 1)
        m = await js.get_msg("pyttl", 1)
        equal(m.headers["Nats-TTL"], house.differs["lifetime"])
    async with house.stream("pynottl") as js:
        equal((await fails(BadRequestError, js.publish("pynottl.x", b"", msg_ttl=3600))).err_code, 10166)


async def full_stream(house):
    async with house.stream("pyfull", max_msgs=2, discard="new") as js:
        await js.publish("pyfull.x")
        await js.publish("pyfull.x")
        equal((await fails(APIError, js.publish("pyfull.x"))).err_code, 10077)


CASES = [answers_are_numbered, many_at_once, known_ids_are_duplicates, expectations, nothing_keeps_it, lifetimes, full_stream]
