"""Push consumers."""

import asyncio

import nats.errors
from house import PATIENCE, fails, left
from nats.js.api import ConsumerConfig
from report import equal

N = 60


def bound(sub):
    """Asks whether a consumer is known to have a subscriber."""

    async def ask():
        return bool((await sub.consumer_info()).push_bound)

    return ask


async def one_subscriber(house):
    async with house.stream("pypush") as js:
        sub = await js.subscribe("pypush.>", durable="c", idle_heartbeat=PATIENCE / 4, flow_control=True)
        for i in range(N):
            await js.publish("pypush.x", b"%d" % i)
        for i in range(N):
            m = await sub.next_msg(timeout=PATIENCE)
            equal((m.data, m.metadata.sequence.consumer), (b"%d" % i, i + 1))
            await m.ack_sync(timeout=PATIENCE)
        await house.counts(bound(sub), True)
        await left(js, "pypush", 0)
        await sub.unsubscribe()


async def callbacks_ack_by_themselves(house):
    async with house.stream("pycallback") as js:
        done = asyncio.Event()

        async def take(m):
            if m.data == b"last":
                done.set()

        await js.subscribe("pycallback.>", cb=take, config=ConsumerConfig(inactive_threshold=3600))
        for body in (b"first", b"last"):
            await js.publish("pycallback.x", body)
        await asyncio.wait_for(done.wait(), PATIENCE)
        while (await js.stream_info("pycallback")).state.messages:
            await asyncio.sleep(0.01)


async def queue_group(house):
    async with house.stream("pygroup") as js:
        got, done = [[], [], []], asyncio.Event()

        def member(mine):
            async def take(m):
                mine.append(m.data)
                await m.ack()
                if sum(map(len, got)) == N:
                    done.set()

            return take

        for mine in got:
            await js.subscribe("pygroup.>", queue="workers", cb=member(mine), manual_ack=True)
        for i in range(N):
            await js.publish("pygroup.x", b"%d" % i)
        await asyncio.wait_for(done.wait(), PATIENCE)
        assert len(set(sum(got, []))) == N and all(got), got


async def bound_by_name(house):
    async with house.stream("pybind") as js:
        config = ConsumerConfig(durable_name="c", deliver_subject="to.pybind", max_ack_pending=1)
        info = await js.add_consumer("pybind", config)
        await js.publish("pybind.x", b"1")
        await js.publish("pybind.x", b"2")
        sub = await js.subscribe_bind("pybind", info.config, "c", manual_ack=True)
        m = await sub.next_msg(timeout=PATIENCE)
        await fails(nats.errors.TimeoutError, sub.next_msg(timeout=0.2))
        await m.nak()
        again = await sub.next_msg(timeout=PATIENCE)
        equal((again.data, again.metadata.num_delivered), (b"1", 2))
        await again.term()
        equal((await sub.next_msg(timeout=PATIENCE)).data, b"2")


async def bound_by_two(house):
    async with house.stream("pytwice") as js:
        await house.counts(bound(await js.subscribe("pytwice.>", durable="c")), True)
        e = await fails(nats.js.errors.Error, js.subscribe("pytwice.>", durable="c"))
        assert "already bound" in str(e), e


CASES = [one_subscriber, callbacks_ack_by_themselves, queue_group, bound_by_name, bound_by_two]
