// Work-queue streams: administration, publishing, consuming, settling, refusals.

import assert from "node:assert/strict";
import { AckPolicy, JetStreamApiError, RetentionPolicy, jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { createInbox, headers, nanos } from "@nats-io/nats-core";
import { Objm } from "@nats-io/obj";
import { PATIENCE, nothing, refused, take } from "./house.mjs";

async function streams(house) {
  await house.stream("jsstreams", async ({ jsm, name, js }) => {
    const changed = await jsm.streams.update(name, { max_msgs: 5, description: "changed" });
    assert.equal(changed.config.max_msgs, 5);
    const names = [];
    for await (const n of jsm.streams.names()) {
      names.push(n);
    }
    assert.ok(names.includes(name), String(names));
    const infos = await jsm.streams.list().next();
    assert.ok(infos.some((i) => i.config.name === name));
    assert.equal(await jsm.streams.find(`${name}.x`), name);
    await js.publish(`${name}.a`, "1");
    await js.publish(`${name}.b`, "2");
    assert.equal((await jsm.streams.info(name, { subjects_filter: ">" })).state.subjects[`${name}.b`], 1);
    assert.equal((await jsm.streams.getMessage(name, { seq: 2 })).string(), "2");
    assert.equal((await jsm.streams.getMessage(name, { last_by_subj: `${name}.a` })).seq, 1);
    assert.ok(await jsm.streams.deleteMessage(name, 1));
    assert.equal(await jsm.streams.getMessage(name, { seq: 1 }), null);
    assert.equal((await jsm.streams.purge(name)).purged, 1);
    assert.ok(await jsm.streams.delete(name));
    await refused(() => jsm.streams.info(name), 10059);
    assert.ok((await jsm.getAccountInfo()).limits);
  });
}

async function consumers(house) {
  await house.stream("jsconsumers", async ({ jsm, name, consumer }) => {
    await consumer({ ack_wait: nanos(7000), max_deliver: 5, filter_subject: `${name}.a` });
    assert.equal((await jsm.consumers.info(name, "c")).config.ack_wait, nanos(7000));
    assert.equal((await jsm.consumers.update(name, "c", { ack_wait: nanos(8000) })).config.ack_wait, nanos(8000));
    assert.equal((await jsm.consumers.list(name).next())[0].name, "c");
    assert.ok((await jsm.consumers.pause(name, "c", new Date(Date.now() + 3_600_000))).paused);
    assert.ok(!(await jsm.consumers.resume(name, "c")).paused);
    assert.ok(await jsm.consumers.delete(name, "c"));
    await refused(() => jsm.consumers.info(name, "c"), 10014);
  });
}

async function publishing(house) {
  await house.stream("jspublish", async ({ js, name, publish, left }) => {
    assert.equal((await publish("1", { msgID: "a", expect: { streamName: name, lastSequence: 0 } })).seq, 1);
    assert.ok((await publish("1", { msgID: "a" })).duplicate);
    assert.match((await refused(() => publish("", { expect: { lastSequence: 7 } }), 10071)).message, /wrong last sequence: 1/);
    await refused(() => publish("", { expect: { streamName: "other" } }), 10060);
    await refused(() => publish("", { ttl: "1h" }), 10166);
    await assert.rejects(js.publish("jsnowhere.x", ""));
    const acks = await Promise.all(Array.from({ length: 500 }, () => publish("x")));
    assert.deepEqual(acks.map((a) => a.seq), Array.from({ length: 500 }, (_, i) => i + 2));
    await left(501);
  });
}

async function fetches(house) {
  await house.stream("jsfetch", async ({ publish, consumer, left }) => {
    const h = headers();
    h.set("K", "v");
    for (let i = 0; i < 5; i++) {
      await publish(String(i), { headers: h });
    }
    const c = await consumer();
    const got = await take(await c.fetch({ max_messages: 4, expires: PATIENCE }), 4);
    assert.deepEqual(got.map((m) => m.string()), ["0", "1", "2", "3"]);
    assert.equal(got[3].headers.get("K"), "v");
    assert.deepEqual([got[3].seq, got[3].info.deliveryCount, got[3].info.pending], [4, 1, 1]);
    for (const m of got) {
      assert.ok(await m.ackAck({ timeout: PATIENCE }));
    }
    const last = await c.next({ expires: PATIENCE });
    assert.equal(last.string(), "4");
    assert.ok(await last.ackAck());
    assert.equal(await nothing(c.next({ expires: 1000 })), null);
    assert.deepEqual((await nothing(take(await c.fetch({ max_messages: 3, expires: 1000 }), 3))) ?? [], []);
    await left(0);
  });
}

async function consumeByCallback(house) {
  await house.stream("jscallback", async ({ publish, consumer, left }) => {
    const c = await consumer();
    let n = 0;
    const done = new Promise((resolve) => {
      c.consume({ max_messages: 10, callback: (m) => m.ackAck().then(() => ++n === 100 && resolve(messages)) }).then((m) => (messages = m));
    });
    let messages;
    await Promise.all(Array.from({ length: 100 }, () => publish("x")));
    await done;
    await messages.close();
    await left(0);
  });
}

async function consumeAndStop(house) {
  await house.stream("jsstop", async ({ publish, consumer, left }) => {
    await publish("1");
    const messages = await (await consumer()).consume();
    for await (const m of messages) {
      assert.ok(await m.ackAck());
      messages.stop(); // ends the loop
    }
    assert.equal(await messages.closed(), undefined);
    await left(0);
  });
}

async function settling(house) {
  await house.stream("jssettle", async ({ publish, consumer, left, nothingComes }) => {
    const c = await consumer();
    const next = () => c.next({ expires: PATIENCE });
    await publish("x");
    (await next()).nak();
    let m = await next();
    assert.equal(m.info.deliveryCount, 2);
    m.nak(100);
    m = await next();
    assert.equal(m.info.deliveryCount, 3);
    m.nak(3_600_000);
    await nothingComes();
    await left(1);
    await publish("y");
    (await next()).term("no good");
    await nothingComes();
    await left(1);
  });
}

// What another message of the same lease goes through tells the time.
async function inProgress(house) {
  await house.stream("jsprogress", async ({ publish, consumer, left }) => {
    const c = await consumer({ ack_wait: nanos(10_000) });
    await publish("kept");
    await publish("lost");
    const [kept] = await take(await c.fetch({ max_messages: 2, expires: PATIENCE }), 2);
    const working = setInterval(() => kept.working(), 100);
    try {
      const m = await c.next({ expires: PATIENCE });
      assert.deepEqual([m.string(), m.info.deliveryCount], ["lost", 2]);
    } finally {
      clearInterval(working);
    }
    assert.ok(await kept.ackAck());
    await left(1);
  });
}

// +NXT acks and asks for the next message at once.
async function ackAndNext(house) {
  await house.stream("jsnext", async ({ nc, publish, consumer, left, nothingComes }) => {
    const c = await consumer();
    await publish("1");
    await publish("2");
    const sub = nc.subscribe(createInbox(), { max: 1 });
    (await c.next({ expires: PATIENCE })).next(sub.getSubject(), { batch: 1, expires: PATIENCE });
    const [m] = await take(sub, 1);
    assert.equal(m.string(), "2");
    await nc.request(m.reply, "+ACK", { timeout: PATIENCE });
    await nothingComes();
    await left(0);
  });
}

async function consumeThatAborts(house) {
  await house.stream("jsabort", async ({ jsm, name, publish, consumer }) => {
    const messages = await (await consumer()).consume({ abort_on_missing_resource: true });
    await publish("1");
    const got = [];
    const ended = assert.rejects(async () => {
      for await (const m of messages) {
        got.push(await m.ackAck());
        await jsm.consumers.delete(name, "c");
      }
    }, /consumer deleted/i);
    await ended;
    assert.deepEqual(got, [true]);
    assert.match((await messages.closed()).message, /consumer deleted/i);
  });
}

async function leaseThatEnds(house) {
  await house.stream("jslease", async ({ publish, consumer, left }) => {
    const c = await consumer({ ack_wait: nanos(500) });
    await publish("x");
    await c.next({ expires: PATIENCE });
    const again = await c.next({ expires: PATIENCE });
    assert.equal(again.info.deliveryCount, 2);
    assert.ok(await again.ackAck());
    await left(0);
  });
}

async function outcome(call) {
  try {
    await call();
    return "made";
  } catch (e) {
    assert.ok(e instanceof JetStreamApiError, e.stack);
    return `${e.code} ${e.message}`;
  }
}

async function stores(house) {
  await house.session(async (nc) => {
    const js = jetstream(nc, { timeout: PATIENCE });
    for (const [name, got] of [
      ["keyValue", await outcome(() => new Kvm(js).create(`js-${house.way}`))],
      ["objectStore", await outcome(() => new Objm(js).create(`js-${house.way}`))],
    ]) {
      const [code] = house.differs[name].split(" ");
      assert.ok(got.startsWith(code) && got.includes(house.differs[name].slice(code.length).trim()), `${name}: ${got}`);
    }
  });
}

async function refusals(house) {
  await house.stream("jsrefuse", async ({ js, jsm, name, consumer }) => {
    const ordered = await refused(() => js.consumers.get(name).then((c) => c.next({ expires: 1000 })), 10084);
    assert.match(ordered.message, /explicit ack/i);
    await refused(() => consumer({ deliver_policy: "new" }), 10101);
    await consumer();
    await refused(() => jsm.consumers.add(name, { durable_name: "d", ack_policy: AckPolicy.Explicit }), 10099);
    await refused(() => jsm.streams.add({ name: `${name}2`, subjects: [`${name}.x`], retention: RetentionPolicy.Workqueue }), 10065);
  });
}

export const cases = [
  streams, consumers, publishing, fetches, consumeByCallback, consumeAndStop, settling, ackAndNext, consumeThatAborts, stores, refusals,
];

// leases take their time, and do not know of the way.
export const leases = [inProgress, leaseThatEnds];
