"""A server that is stopped and started again below its clients."""

import asyncio

from house import PATIENCE, left, subscribed
from report import equal


class Turns:
    """Says when the library has lost its server, and when it has one again."""

    def __init__(self):
        self.gone, self.back = asyncio.Event(), asyncio.Event()

    def options(self):
        async def gone():
            self.gone.set()

        async def back():
            self.back.set()

        return {"allow_reconnect": True, "reconnect_time_wait": 0.05, "max_reconnect_attempts": -1,
                "disconnected_cb": gone, "reconnected_cb": back}  # fmt: skip

    async def restart(self, house):
        await house.pull("stop")
        await asyncio.wait_for(self.gone.wait(), PATIENCE)
        await house.pull("start")
        await asyncio.wait_for(self.back.wait(), PATIENCE)


async def consumers_go_on(house):
    turns = Turns()
    async with house.session(**turns.options()) as nc:
        js = nc.jetstream(timeout=PATIENCE)
        js.house = house
        await js.add_stream(name="pyrestart", subjects=["pyrestart.>"], retention="workqueue")
        pushed = await js.subscribe("pyrestart.push", durable="push", manual_ack=True)
        pulled = await js.pull_subscribe("pyrestart.pull", durable="pull")
        for i in range(4):
            await js.publish("pyrestart.push" if i % 2 else "pyrestart.pull", b"%d" % i)
        held = [await pushed.next_msg(timeout=PATIENCE), (await pulled.fetch(timeout=PATIENCE))[0]]
        equal([m.data for m in held], [b"1", b"0"])
        await turns.restart(house)
        for m in held:
            await m.ack_sync(timeout=PATIENCE)  # of before
        m = await pushed.next_msg(timeout=PATIENCE)
        while m.data == b"1":  # sent again, before the ack came
            m = await pushed.next_msg(timeout=PATIENCE)
        equal(m.data, b"3")
        await m.ack_sync(timeout=PATIENCE)
        (m,) = await pulled.fetch(timeout=PATIENCE)
        equal(m.data, b"2")
        await m.ack_sync(timeout=PATIENCE)
        await js.publish("pyrestart.pull", b"after")
        (m,) = await pulled.fetch(timeout=PATIENCE)
        equal(m.data, b"after")
        await m.ack_sync(timeout=PATIENCE)
        await left(js, "pyrestart", 0)


async def core_subscriptions_are_made_again(house):
    turns = Turns()
    async with house.session(**turns.options()) as nc:

        async def answer(m):
            await m.respond(b"again")

        await nc.subscribe("py.restarted", cb=answer)
        await turns.restart(house)
        await subscribed(nc)
        equal((await nc.request("py.restarted", b"", timeout=PATIENCE)).data, b"again")


CASES = [consumers_go_on, core_subscriptions_are_made_again]
