"""Core NATS: between clients, nothing kept."""

import asyncio
import ssl

import nats.errors
from house import PATIENCE, fails, subscribed
from report import equal


async def between_two(house):
    async with house.session() as one, house.session() as two:
        sub = await one.subscribe("news.*")
        await subscribed(one)
        for i in range(100):
            await two.publish(f"news.{i}", bytes([i]) * i, headers={"K": f"wörld {i}"})
        for i in range(100):
            m = await sub.next_msg(timeout=PATIENCE)
            equal((m.subject, m.data, m.headers["K"]), (f"news.{i}", bytes([i]) * i, f"wörld {i}"))


async def queue_group_shares(house):
    async with house.session() as nc, house.session() as other:
        got, every = [[], [], []], asyncio.Event()

        def member(mine):
            async def take(m):
                mine.append(m.data)
                if sum(map(len, got)) == 300:
                    every.set()

            return take

        for mine in got:
            await other.subscribe("py.work", queue="workers", cb=member(mine))
        await subscribed(other)
        for i in range(300):
            await nc.publish("py.work", str(i).encode())
        await asyncio.wait_for(every.wait(), PATIENCE)
        assert all(got) and len(set(sum(got, []))) == 300, list(map(len, got))


async def request_and_reply(house):
    async with house.session() as nc, house.session() as other:

        async def answer(m):
            await m.respond(m.data[::-1])

        await other.subscribe("py.echo", cb=answer)
        await subscribed(other)
        answers = await asyncio.gather(*(nc.request("py.echo", b"a%d" % i, timeout=PATIENCE) for i in range(50)))
        equal([m.data for m in answers], [(b"a%d" % i)[::-1] for i in range(50)])
        old = await nc.request("py.echo", b"old", timeout=PATIENCE, old_style=True)
        equal(old.data, b"dlo")


async def nobody_there(house):
    async with house.session() as nc:
        await fails(nats.errors.NoRespondersError, nc.request("py.nobody", b"", timeout=PATIENCE))


async def a_silent_one_times_out(house):
    async with house.session() as nc:
        await nc.subscribe("py.silent")
        await subscribed(nc)
        await fails(nats.errors.TimeoutError, nc.request("py.silent", b"", timeout=0.1))


async def unsubscribe_after_some(house):
    async with house.session() as nc:
        sub = await nc.subscribe("py.some")
        await sub.unsubscribe(limit=2)
        for i in range(5):
            await nc.publish("py.some", b"%d" % i)
        await nc.flush(PATIENCE)
        equal([(await sub.next_msg(timeout=PATIENCE)).data for _ in range(2)], [b"0", b"1"])
        await fails(nats.errors.Error, sub.next_msg(timeout=0.1))


async def largest_message(house):
    async with house.session() as nc:
        sub = await nc.subscribe("py.large")
        await nc.publish("py.large", b"\xff" * nc.max_payload)
        equal(len((await sub.next_msg(timeout=PATIENCE)).data), nc.max_payload)
        await fails(nats.errors.MaxPayloadError, nc.publish("py.large", b"x" * (nc.max_payload + 1)))


async def drain(house):
    async with house.session() as nc, house.session() as other:
        got = []

        async def take(m):
            got.append(m.data)

        await nc.subscribe("py.drain", cb=take)
        await subscribed(nc)
        for i in range(200):
            await other.publish("py.drain", b"%d" % i)
        await subscribed(other)  # or rather: published
        await nc.drain()
        equal(len(got), 200)
        assert nc.is_closed


async def in_TLS(house):
    trust = ssl.create_default_context(cafile=house.ca)
    async with house.session(house.secure, tls=trust) as nc:
        sub = await nc.subscribe("py.tls")
        await nc.publish("py.tls", b"x")
        equal((await sub.next_msg(timeout=PATIENCE)).data, b"x")
        js = nc.jetstream(timeout=PATIENCE)
        await js.add_stream(name="pytls", retention="workqueue")
        equal((await js.publish("pytls", b"kept")).seq, 1)


async def in_TLS_without_trust(house):
    await fails(ssl.SSLError, nats.connect(house.secure, tls=ssl.create_default_context(), allow_reconnect=False, connect_timeout=PATIENCE))


CASES = [
    between_two,
    queue_group_shares,
    request_and_reply,
    nobody_there,
    a_silent_one_times_out,
    unsubscribe_after_some,
    largest_message,
    drain,
    in_TLS,
    in_TLS_without_trust,
]
