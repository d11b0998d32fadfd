// The package nats, of before it was taken apart.

import assert from "node:assert/strict";
import { AckPolicy, RetentionPolicy, connect, consumerOpts, createInbox } from "nats";
import { PATIENCE, left } from "./house.mjs";

async function olderPackage(where) {
  const nc = await connect({ servers: where.url, reconnect: false, timeout: PATIENCE });
  const jsm = await nc.jetstreamManager({ timeout: PATIENCE });
  await jsm.streams.add({ name: "jsolder", subjects: ["jsolder.>"], retention: RetentionPolicy.Workqueue });
  await jsm.consumers.add("jsolder", { durable_name: "pull", ack_policy: AckPolicy.Explicit, filter_subject: "jsolder.pull" });
  const js = nc.jetstream({ timeout: PATIENCE });
  for (let i = 0; i < 20; i++) {
    assert.equal((await js.publish(i % 2 ? "jsolder.pull" : "jsolder.push", String(i))).seq, i + 1);
  }
  const c = await js.consumers.get("jsolder", "pull");
  let n = 0;
  for await (const m of await c.fetch({ max_messages: 10, expires: PATIENCE })) {
    assert.ok(await m.ackAck({ timeout: PATIENCE }));
    n++;
  }
  assert.equal(n, 10);
  const o = consumerOpts().durable("push").deliverTo(createInbox()).manualAck().ackExplicit();
  const sub = await js.subscribe("jsolder.push", o);
  for await (const m of sub) {
    assert.ok(await m.ackAck({ timeout: PATIENCE }));
    if (++n === 20) {
      break;
    }
  }
  await left(jsm, "jsolder", 0, where.differs);
  await nc.drain();
}

export const cases = [olderPackage];
