"""What becomes of a message: ack, nak, term, in_progress, and nothing at all."""

import asyncio

import nats.errors
from house import PATIENCE, fails, left, nothing_comes, subscribed
from nats.errors import MsgAlreadyAckdError
from nats.js.api import ConsumerConfig
from report import equal


async def first(js, stream, **config):
    """A pull subscription, and its first message."""
    await js.publish(stream + ".x", b"x")
    sub = await js.pull_subscribe(stream + ".>", durable="c", config=ConsumerConfig(**config))
    (m,) = await sub.fetch(timeout=PATIENCE)
    return sub, m


async def ack(house):
    async with house.stream("pyack") as js:
        sub, m = await first(js, "pyack")
        await m.ack()
        await fails(MsgAlreadyAckdError, m.ack())
        await nothing_comes(js.nc, "pyack")
        await left(js, "pyack", 0)


async def nak(house):
    async with house.stream("pynak") as js:
        sub, m = await first(js, "pynak")
        await m.nak()
        (again,) = await sub.fetch(timeout=PATIENCE)
        equal((again.metadata.num_delivered, again.metadata.sequence.stream), (2, 1))
        await again.ack_sync(timeout=PATIENCE)


async def nak_with_delay(house):
    async with house.stream("pydelay") as js:
        sub, m = await first(js, "pydelay")
        await m.nak(delay=3600)
        await nothing_comes(js.nc, "pydelay")
        await js.publish("pydelay.x", b"other")
        (other,) = await sub.fetch(timeout=PATIENCE)
        equal(other.data, b"other")
        await other.nak(delay=0.2)
        (again,) = await sub.fetch(timeout=PATIENCE)
        equal((again.data, again.metadata.num_delivered), (b"other", 2))
        await left(js, "pydelay", 2)


async def term(house):
    async with house.stream("pyterm") as js:
        sub, m = await first(js, "pyterm")
        await m.term()
        await nothing_comes(js.nc, "pyterm")
        await left(js, "pyterm", 0)


async def in_progress(house):
    """What another message of the same lease goes through tells the time."""
    async with house.stream("pyprogress") as js:
        sub, kept = await first(js, "pyprogress", ack_wait=10)
        await js.publish("pyprogress.x", b"lost")
        await sub.fetch(timeout=PATIENCE)

        async def work():
            while True:
                await kept.in_progress()
                await asyncio.sleep(0.1)

        working = asyncio.create_task(work())
        try:
            (m,) = await sub.fetch(timeout=PATIENCE)
            equal((m.data, m.metadata.num_delivered), (b"lost", 2))
        finally:
            working.cancel()
        await kept.ack_sync(timeout=PATIENCE)
        await left(js, "pyprogress", 1)


async def lease_that_ends(house):
    async with house.stream("pylease") as js:
        sub, m = await first(js, "pylease", ack_wait=0.5)
        (again,) = await sub.fetch(timeout=PATIENCE)
        equal((again.metadata.num_delivered, again.data), (2, m.data))
        await m.ack_sync(timeout=PATIENCE)  # late, and good all the same
        await left(js, "pylease", 0)


async def given_up(house):
    async with house.stream("pygiveup") as js, house.session() as listener:
        told = await listener.subscribe("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.pygiveup.c")
        await subscribed(listener)
        sub, m = await first(js, "pygiveup", max_deliver=2)
        await m.nak()
        (again,) = await sub.fetch(timeout=PATIENCE)
        await again.nak()
        pull = asyncio.create_task(sub.fetch(timeout=PATIENCE))  # without one nats-server tells nothing
        assert b'"deliveries":2' in (await told.next_msg(timeout=PATIENCE)).data
        assert not pull.done()
        pull.cancel()
        await left(js, "pygiveup", 1)


async def max_ack_pending(house):
    async with house.stream("pypending") as js:
        await js.publish("pypending.x", b"2")
        sub, m = await first(js, "pypending", max_ack_pending=1)
        await fails(asyncio.TimeoutError, sub.fetch(timeout=0.2))  # nats-server leaves a pull unanswered even when it does not wait

        async def pending():
            return (await sub.consumer_info()).num_ack_pending

        await house.counts(pending, 1)
        await m.ack()
        equal(len(await sub.fetch(timeout=PATIENCE)), 1)


CASES = [ack, nak, nak_with_delay, term, in_progress, lease_that_ends, given_up, max_ack_pending]
