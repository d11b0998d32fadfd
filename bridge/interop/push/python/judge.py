"""Judges push consumers by nats-py: judge.py ADDR."""

import asyncio
import json
import sys
import traceback

import nats
from nats.js.api import RetentionPolicy, StreamConfig

N = 60
PATIENCE = 60  # seconds; when a case gives up, not what anything takes


async def stream(js, name):
    await js.add_stream(StreamConfig(name=name, subjects=[name + ".>"], retention=RetentionPolicy.WORK_QUEUE))


async def queue_group(nc, js):
    await stream(js, "group")
    got, done = [[], [], []], asyncio.Event()

    def member(mine):
        async def take(m):
            await m.ack()
            mine.append(m.subject)
            if sum(map(len, got)) == N:
                done.set()

        return take

    subs = [await js.subscribe("group.>", queue="workers", cb=member(mine), manual_ack=True) for mine in got]
    await nc.flush(PATIENCE)
    info = await subs[0].consumer_info()
    assert info.push_bound and info.config.deliver_group == "workers", info
    for i in range(N):
        await js.publish(f"group.{i}", b"x")
    await asyncio.wait_for(done.wait(), PATIENCE)
    assert all(got) and len(set(sum(got, []))) == N, got


async def flow_control(_, js):
    await stream(js, "flow")
    sub = await js.subscribe("flow.>", durable="flow", flow_control=True, idle_heartbeat=PATIENCE / 4)
    for _ in range(N):
        await js.publish("flow.x", b"x" * 200_000)
    for i in range(N):
        m = await sub.next_msg(timeout=PATIENCE)
        assert m.metadata.num_delivered == 1 and m.metadata.sequence.consumer == i + 1, m.metadata
        await m.ack_sync(timeout=PATIENCE)
    left = (await js.stream_info("flow")).state.messages
    assert left == 0, left


CASES = [queue_group, flow_control]


async def main(addr):
    nc = await nats.connect("nats://" + addr, connect_timeout=PATIENCE)
    for case in CASES:
        line = {"case": case.__name__}
        try:
            await case(nc, nc.jetstream(timeout=PATIENCE))
        except Exception:
            line["error"] = traceback.format_exc()
        print(json.dumps(line), flush=True)
    print(json.dumps({"done": len(CASES)}), flush=True)
    await nc.close()


asyncio.run(main(*sys.argv[1:]))
