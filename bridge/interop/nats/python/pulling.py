"""Pull consumers: fetches of every sort."""

import asyncio
import contextlib

from house import PATIENCE, left
from nats.js.api import ConsumerConfig
from report import equal


async def fill(js, stream, n):
    for i in range(n):
        await js.publish(f"{stream}.{i}", b"%d" % i, headers={"N": str(i)})


async def one_by_one(house):
    async with house.stream("pyone") as js:
        await fill(js, "pyone", 5)
        sub = await js.pull_subscribe("pyone.>", durable="c")
        for i in range(5):
            (m,) = await sub.fetch(timeout=PATIENCE)
            meta = m.metadata
            equal((m.subject, m.data, m.headers["N"]), (f"pyone.{i}", b"%d" % i, str(i)))
            equal((meta.stream, meta.consumer, meta.num_delivered, meta.num_pending), ("pyone", "c", 1, 4 - i))
            equal((meta.sequence.stream, meta.sequence.consumer), (i + 1, i + 1))
            await m.ack_sync(timeout=PATIENCE)
        await left(js, "pyone", 0)

        async def counts():
            info = await sub.consumer_info()
            return info.num_pending, info.num_ack_pending, info.delivered.consumer_seq, info.ack_floor.stream_seq

        await house.counts(counts, (0, 0, 5, 5))


async def batches(house):
    async with house.stream("pybatch") as js:
        await fill(js, "pybatch", 250)
        sub = await js.pull_subscribe("pybatch.>", durable="c")
        got = []
        while len(got) < 250:
            for m in await sub.fetch(min(100, 250 - len(got)), timeout=PATIENCE):
                got.append(m.data)
                await m.ack()
        equal(got, [b"%d" % i for i in range(250)])


async def fewer_than_asked_for(house):
    async with house.stream("pyfewer") as js:
        await fill(js, "pyfewer", 3)
        sub = await js.pull_subscribe("pyfewer.>", durable="c")
        equal(len(await sub.fetch(10, timeout=PATIENCE)), 3)


async def brings_nothing(fetch):
    """nats-py raises its own TimeoutError, which is one of asyncio's, or asyncio's, by which of its clocks is first. When the
    server's is before both, it may return an empty list."""
    with contextlib.suppress(asyncio.TimeoutError):
        equal(await fetch, [])


async def nothing_there(house):
    async with house.stream("pynothing") as js:
        sub = await js.pull_subscribe("pynothing.>", durable="c")
        await brings_nothing(sub.fetch(1, timeout=0.2))
        await brings_nothing(sub.fetch(10, timeout=0.2))
        await brings_nothing(sub.fetch(10, timeout=0.5, heartbeat=0.1))


async def messages_that_come_later(house):
    async with house.stream("pylater") as js:
        sub = await js.pull_subscribe("pylater.>", durable="c")
        waiting = asyncio.create_task(sub.fetch(2, timeout=PATIENCE, heartbeat=PATIENCE / 4))
        while (await sub.consumer_info()).num_waiting == 0:
            await asyncio.sleep(0)
        await fill(js, "pylater", 2)
        got = await waiting  # of one or both: it returns once nothing more is on its way
        equal([m.data for m in got], [b"0", b"1"][: len(got)])


async def ephemeral(house):
    async with house.stream("pyephemeral") as js:
        await fill(js, "pyephemeral", 1)
        sub = await js.pull_subscribe("pyephemeral.>", config=ConsumerConfig(inactive_threshold=3600))
        (m,) = await sub.fetch(timeout=PATIENCE)
        await m.ack_sync(timeout=PATIENCE)
        equal((await sub.consumer_info()).config.durable_name, None)


async def many_share_one_consumer(house):
    async with house.stream("pyshared") as js, house.session() as other:
        await fill(js, "pyshared", 300)
        await js.add_consumer("pyshared", ConsumerConfig(durable_name="c"))
        got = [[], [], []]

        async def work(context, mine):
            sub = await context.pull_subscribe_bind("c", "pyshared")
            while True:
                for m in await sub.fetch(10, timeout=PATIENCE):
                    await m.ack_sync(timeout=PATIENCE)
                    mine.append(m.data)
                    if len(set(sum(got, []))) == 300:
                        return

        tasks = [asyncio.create_task(work(c, mine)) for c, mine in zip([js, js, other.jetstream(timeout=PATIENCE)], got)]
        done, pending = await asyncio.wait(tasks, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        for task in done:
            task.result()
        equal(len(set(sum(got, []))), 300)
        await left(js, "pyshared", 0)


async def filters(house):
    async with house.stream("pyfilter") as js:
        one = await js.pull_subscribe("pyfilter.1", durable="one")
        two = await js.pull_subscribe("pyfilter.2", durable="two")
        await fill(js, "pyfilter", 3)
        equal([m.subject for m in await two.fetch(timeout=PATIENCE)], ["pyfilter.2"])
        equal([m.subject for m in await one.fetch(timeout=PATIENCE)], ["pyfilter.1"])
        await left(js, "pyfilter", 3)


async def unsubscribed_takes_nothing(house):
    async with house.stream("pygone") as js:
        sub = await js.pull_subscribe("pygone.>", durable="c")
        waiting = asyncio.create_task(sub.fetch(5, timeout=PATIENCE))
        while (await sub.consumer_info()).num_waiting == 0:
            await asyncio.sleep(0)
        await sub.unsubscribe()
        waiting.cancel()
        await fill(js, "pygone", 1)
        again = await js.pull_subscribe_bind("c", "pygone")
        (m,) = await again.fetch(timeout=PATIENCE)
        equal(m.metadata.num_delivered, 1)


CASES = [
    one_by_one,
    batches,
    fewer_than_asked_for,
    nothing_there,
    messages_that_come_later,
    ephemeral,
    many_share_one_consumer,
    filters,
    unsubscribed_takes_nothing,
]
