// Core NATS: between clients, nothing kept.

import assert from "node:assert/strict";
import { headers } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { PATIENCE, take } from "./house.mjs";

async function requestAndReply(house) {
  await house.session(async (nc) => {
    nc.subscribe("js.echo", { callback: (_, m) => m.respond(m.data, { headers: m.headers }) });
    const h = headers();
    h.append("K", "wörld");
    const m = await nc.request("js.echo", "body", { headers: h, timeout: PATIENCE });
    assert.equal(m.string(), "body");
    assert.equal(m.headers.get("K"), "wörld");
    const many = await nc.requestMany("js.echo", "x", { maxMessages: 1, maxWait: PATIENCE });
    assert.equal((await take(many, 1))[0].string(), "x");
  });
}

async function queueGroup(house) {
  await house.session(async (nc) => {
    const counts = [0, 0, 0];
    counts.forEach((_, i) => nc.subscribe("js.work", { queue: "workers", callback: () => counts[i]++ }));
    for (let i = 0; i < 300; i++) {
      nc.publish("js.work", String(i));
    }
    await nc.flush();
    assert.equal(counts.reduce((a, b) => a + b), 300);
    assert.ok(counts.every((n) => n > 0), String(counts));
  });
}

async function nobodyThere(house) {
  await house.session(async (nc) => {
    await assert.rejects(nc.request("js.nobody", "", { timeout: PATIENCE }), /no responders/i);
    nc.subscribe("js.silent");
    await assert.rejects(nc.request("js.silent", "", { timeout: 100 }), /timeout/i);
  });
}

async function drains(house) {
  await house.session(async (one) => {
    await house.session(async (two) => {
      let n = 0;
      one.subscribe("js.drain", { callback: () => n++ });
      await one.flush();
      for (let i = 0; i < 200; i++) {
        two.publish("js.drain");
      }
      await two.flush();
      await one.drain();
      assert.equal(n, 200);
      assert.ok(one.isClosed());
    });
  });
}

async function inTLS(house) {
  const nc = await connect({ servers: house.secure, reconnect: false, timeout: PATIENCE, ...house.trust() });
  const sub = nc.subscribe("js.tls", { max: 1 });
  nc.publish("js.tls", "x");
  assert.equal((await take(sub, 1))[0].string(), "x");
  await nc.close();
  await assert.rejects(connect({ servers: house.secure, reconnect: false, timeout: PATIENCE }), /certificate|self.signed/i);
}

export const cases = [requestAndReply, queueGroup, nobodyThere, drains, inTLS];
