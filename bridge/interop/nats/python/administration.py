"""Streams and consumers: made, changed, looked at, removed."""

import datetime

from house import PATIENCE, fails, left, nothing_comes
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType
from nats.js.errors import BadRequestError, NotFoundError
from report import equal


async def account(house):
    async with house.stream("pyaccount") as js:
        info = await js.account_info()
        assert info.streams >= 1 and info.api.level >= 2 and info.limits.max_streams != 0, info


async def stream_of_every_setting(house):
    async with house.stream(
        "pysettings", description="of tests", max_msgs=1000, max_bytes=1 << 20, max_age=3600.0, max_msg_size=1 << 16,
        discard=DiscardPolicy.NEW, storage=StorageType.FILE, duplicate_window=60.0, num_replicas=1, metadata={"team": "a"},
    ) as js:  # fmt: skip
        c = (await js.stream_info("pysettings")).config
        equal(
            (c.description, c.max_msgs, c.max_bytes, c.max_age, c.max_msg_size, c.discard, c.duplicate_window, c.retention),
            ("of tests", 1000, 1 << 20, 3600.0, 1 << 16, "new", 60.0, "workqueue"),
        )
        equal(c.metadata["team"], "a")
        again = await js.add_stream(c)  # the same is no conflict
        equal(again.created, (await js.stream_info("pysettings")).created)
        changed = await js.update_stream(c, max_msgs=2000, subjects=["pysettings.>", "more.pysettings"])
        equal((changed.config.max_msgs, changed.config.subjects), (2000, ["pysettings.>", "more.pysettings"]))
        e = await fails(BadRequestError, js.add_stream(c, max_msgs=5))
        equal(e.err_code, 10058)


async def streams_that_are_not_there(house):
    async with house.session() as nc:
        js = nc.jetstream(timeout=PATIENCE)
        for call in (js.stream_info("pynone"), js.delete_stream("pynone"), js.purge_stream("pynone"),
                     js.update_stream(name="pynone", retention=RetentionPolicy.WORK_QUEUE)):  # fmt: skip
            equal((await fails(NotFoundError, call)).err_code, 10059)
        await fails(NotFoundError, js.find_stream_name_by_subject("pynone.x"))


async def overlapping_subjects(house):
    async with house.stream("pyfirst") as js:
        e = await fails(BadRequestError, js.add_stream(name="pysecond", subjects=["pyfirst.a"], retention="workqueue"))
        equal(e.err_code, 10065)


async def lists(house):
    async with house.stream("pylist0") as js:
        for i in range(1, 4):
            await js.add_stream(name=f"pylist{i}", subjects=[f"pylist{i}.>"], retention=RetentionPolicy.WORK_QUEUE)
        names = {s.config.name for s in await js.streams_info()}
        assert {f"pylist{i}" for i in range(4)} <= names, names
        equal(names, {s.config.name for s in await js.streams_info_iterator()})
        equal(await js.find_stream_name_by_subject("pylist2.a.b"), "pylist2")
        await js.delete_stream("pylist2")
        assert "pylist2" not in {s.config.name for s in await js.streams_info()}


async def state_and_subjects(house):
    async with house.stream("pystate") as js:
        for i in range(10):
            await js.publish(f"pystate.{i % 3}", b"x" * 100)
        s = (await js.stream_info("pystate", subjects_filter=">")).state
        equal((s.messages, s.first_seq, s.last_seq, s.consumer_count), (10, 1, 10, 0))
        equal(s.subjects, {"pystate.0": 4, "pystate.1": 3, "pystate.2": 3})
        assert s.bytes >= 1000, s


async def purges(house):
    async with house.stream("pypurge") as js:
        for i in range(10):
            await js.publish(f"pypurge.{i % 2}", b"")
        assert await js.purge_stream("pypurge", subject="pypurge.1", keep=2)
        await left(js, "pypurge", 7)
        assert await js.purge_stream("pypurge", seq=6)
        equal((await js.stream_info("pypurge")).state.first_seq, 7)
        assert await js.purge_stream("pypurge")
        await left(js, "pypurge", 0)
        equal((await js.publish("pypurge.x")).seq, 11)


async def single_messages(house):
    async with house.stream("pysingle") as js:
        await js.publish("pysingle.a", b"one", headers={"K": "v"})
        await js.publish("pysingle.b", b"two")
        m = await js.get_msg("pysingle", 1)
        equal((m.seq, m.subject, m.data, m.headers["K"]), (1, "pysingle.a", b"one", "v"))
        equal((await js.get_last_msg("pysingle", "pysingle.*")).data, b"two")
        equal((await js.get_msg("pysingle", seq=1, subject="pysingle.b", next=True)).seq, 2)
        assert await js.delete_msg("pysingle", 1)
        equal((await fails(NotFoundError, js.get_msg("pysingle", 1))).err_code, 10037)
        await left(js, "pysingle", 1)


async def consumer_of_every_setting(house):
    async with house.stream("pyconsumer") as js:
        config = ConsumerConfig(
            durable_name="c", description="of tests", ack_policy=AckPolicy.EXPLICIT, ack_wait=7, max_deliver=5, max_waiting=9,
            max_ack_pending=11, filter_subject="pyconsumer.a", headers_only=True, inactive_threshold=3600, metadata={"team": "a"},
        )  # fmt: skip
        info = await js.add_consumer("pyconsumer", config)
        c = info.config
        equal(
            (info.stream_name, info.name, c.durable_name, c.description, c.ack_wait, c.max_deliver, c.max_waiting, c.max_ack_pending),
            ("pyconsumer", "c", "c", "of tests", 7, 5, 9, 11),
        )
        equal((c.filter_subject, c.headers_only, c.inactive_threshold, c.metadata["team"]), ("pyconsumer.a", True, 3600, "a"))
        again = await js.add_consumer("pyconsumer", config.evolve(description="changed", ack_wait=8))
        equal((again.config.description, again.config.ack_wait, again.created), ("changed", 8, info.created))
        backoff = config.evolve(durable_name="b", filter_subject="pyconsumer.b", backoff=[1, 2, 3])
        equal((await js.add_consumer("pyconsumer", backoff)).config.backoff, [1, 2, 3])


async def consumers_listed_and_removed(house):
    async with house.stream("pyconsumers") as js:
        for i in range(3):
            await js.add_consumer("pyconsumers", name=f"c{i}", durable_name=f"c{i}", filter_subject=f"pyconsumers.{i}")
        equal({c.name for c in await js.consumers_info("pyconsumers")}, {"c0", "c1", "c2"})
        equal((await js.stream_info("pyconsumers")).state.consumer_count, 3)
        equal((await js.consumer_info("pyconsumers", "c1")).config.filter_subject, "pyconsumers.1")
        assert await js.delete_consumer("pyconsumers", "c1")
        for call in (js.consumer_info("pyconsumers", "c1"), js.delete_consumer("pyconsumers", "c1")):
            equal((await fails(NotFoundError, call)).err_code, 10014)


async def pause_and_resume(house):
    async with house.stream("pypause") as js:
        await js.publish("pypause.x", b"")
        await js.add_consumer("pypause", durable_name="c")
        until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).isoformat()
        assert (await js.pause_consumer("pypause", "c", until)).paused
        assert (await js.consumer_info("pypause", "c")).paused
        sub = await js.pull_subscribe_bind("c", "pypause")
        await nothing_comes(js.nc, "pypause")
        assert not (await js.resume_consumer("pypause", "c")).paused
        await (await sub.fetch(timeout=PATIENCE))[0].ack_sync(timeout=PATIENCE)


CASES = [
    account,
    stream_of_every_setting,
    streams_that_are_not_there,
    overlapping_subjects,
    lists,
    state_and_subjects,
    purges,
    single_messages,
    consumer_of_every_setting,
    consumers_listed_and_removed,
    pause_and_resume,
]
