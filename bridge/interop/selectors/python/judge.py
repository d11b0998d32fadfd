"""Judges consumers with selectors by nats-py: judge.py ADDR STREAM BODY... gets these bodies, no others."""

import asyncio
import json
import sys
import traceback

import nats
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import APIError


def selecting(selector):
    return ConsumerConfig(durable_name="python", ack_policy=AckPolicy.EXPLICIT, metadata={"sluice.selector": selector})


async def refused(js, stream, _):
    try:
        await js.add_consumer(stream, selecting("weight > = 1"))
    except APIError as e:
        assert e.err_code == 10012 and "at offset 9" in e.description, e
    else:
        raise AssertionError("a bad selector is taken")


async def share(js, stream, want):
    made = await js.add_consumer(stream, selecting("for-whom = 'nats' AND weight < 100000"))
    assert made.config.metadata["sluice.selector"].startswith("for-whom"), made.config.metadata
    sub = await js.pull_subscribe_bind("python", stream=stream)
    got = []
    while len(got) < len(want):
        for m in await sub.fetch(10, timeout=20):
            got.append(m.data.decode())
            await m.ack_sync()
    assert got == want, got


CASES = [refused, share]


async def main(addr, stream, *want):
    nc = await nats.connect("nats://" + addr)
    for case in CASES:
        line = {"case": case.__name__}
        try:
            await case(nc.jetstream(timeout=30), stream, list(want))
        except Exception:
            line["error"] = traceback.format_exc()
        print(json.dumps(line), flush=True)
    print(json.dumps({"done": len(CASES)}), flush=True)
    await nc.close()


asyncio.run(main(*sys.argv[1:]))
