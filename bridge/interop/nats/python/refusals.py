"""What a work queue cannot be: the error has its code and a sentence, and the library shows it."""

from house import PATIENCE, fails
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError, BadRequestError


async def outcome(awaitable):
    try:
        await awaitable
    except APIError as e:
        return f"{e.err_code} {e.description}"
    return "made"


def answered(house, name, got):
    """The words of a difference are all in what came."""
    missing = [w for w in house.differs[name].split(" ", 1) if w not in got]
    assert not missing, f"{name}: {got}, want {house.differs[name]}"


async def stores(house):
    async with house.session() as nc:
        js = nc.jetstream(timeout=PATIENCE)
        answered(house, "keyValue", await outcome(js.create_key_value(bucket="py")))
        answered(house, "objectStore", await outcome(js.create_object_store(bucket="py")))


async def ordered_consumer(house):
    async with house.stream("pyordered") as js:
        e = await fails(APIError, js.subscribe("pyordered.>", ordered_consumer=True))
        assert e.err_code == 10098 and "explicit ack" in e.description, e


async def policies(house):
    async with house.stream("pypolicy") as js:
        for codes, config in (
            ((10084, 10098), ConsumerConfig(durable_name="c", ack_policy=AckPolicy.NONE)),
            ((10101,), ConsumerConfig(durable_name="c", deliver_policy=DeliverPolicy.NEW)),
        ):
            e = await fails(BadRequestError, js.add_consumer("pypolicy", config))
            assert e.err_code in codes and e.description, e
        await js.add_consumer("pypolicy", ConsumerConfig(durable_name="c"))
        e = await fails(BadRequestError, js.add_consumer("pypolicy", ConsumerConfig(durable_name="d")))
        assert e.err_code == 10099, e
        e = await fails(BadRequestError, js.add_consumer("pypolicy", ConsumerConfig(durable_name="d", filter_subject="pypolicy.x")))
        assert e.err_code == 10100, e


CASES = [stores, ordered_consumer, policies]
