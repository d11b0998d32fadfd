// The server that is judged, and what every case wants of it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as net from "node:net";
import { AckPolicy, RetentionPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { wsconnect } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import WebSocket from "ws";

globalThis.WebSocket = WebSocket; // Node.js 20 has none of its own

export const PATIENCE = 60_000; // when a case gives up, not what anything takes

export class House {
  constructor(where, way) {
    Object.assign(this, where);
    this.way = way;
  }

  dial(options = {}) {
    return this.way === "ws"
      ? wsconnect({ servers: this.web, reconnect: false, timeout: PATIENCE, ...options })
      : connect({ servers: this.url, reconnect: false, timeout: PATIENCE, ...options });
  }

  // session runs work with a client that has connected, and then closes it.
  async session(work, options) {
    const nc = await this.dial(options);
    try {
      await work(nc);
    } finally {
      await nc.close();
    }
  }

  // stream runs work with a work-queue stream, called as the way, of all below its name.
  async stream(name, work, config = {}, options) {
    await this.session(async (nc) => {
      const s = { nc, name: `${name}-${this.way}`, js: jetstream(nc, { timeout: PATIENCE }) };
      s.jsm = await jetstreamManager(nc, { timeout: PATIENCE });
      await s.jsm.streams.add({ name: s.name, subjects: [`${s.name}.>`], retention: RetentionPolicy.Workqueue, ...config });
      s.publish = (body, options) => s.js.publish(`${s.name}.x`, body, options);
      s.consumer = async (settings = {}) => {
        await s.jsm.consumers.add(s.name, { durable_name: "c", ack_policy: AckPolicy.Explicit, ...settings });
        return await s.js.consumers.get(s.name, settings.durable_name ?? "c");
      };
      s.left = (want) => left(s.jsm, s.name, want, this.differs);
      // A pull that does not wait is told so, by a status.
      s.nothingComes = async () => {
        const pull = JSON.stringify({ batch: 1, no_wait: true });
        const m = await nc.request(`$JS.API.CONSUMER.MSG.NEXT.${s.name}.c`, pull, { timeout: PATIENCE });
        assert.equal(m.headers?.code, 404, m.string());
      };
      await work(s);
    }, options);
  }

  trust() {
    return { tls: { ca: readFileSync(this.ca, "utf8") } };
  }

  // pull stops or starts the server.
  async pull(order) {
    const [host, port] = this.lever.split(":");
    const socket = net.connect(Number(port), host);
    socket.write(`${order}\n`);
    let answer = "";
    for await (const piece of socket) {
      answer += piece;
      if (answer.endsWith("\n")) {
        break;
      }
    }
    assert.equal(answer.trim(), "ok");
  }
}

// left asserts how many messages a stream has: in the first answer, or in a later one where a server counts
// later than it answers.
export async function left(jsm, name, want, differs) {
  const until = performance.now() + PATIENCE;
  const messages = async () => (await jsm.streams.info(name)).state.messages;
  let got = await messages();
  while (got !== want && differs.counts === "later" && performance.now() < until) {
    got = await messages();
  }
  assert.equal(got, want);
}

// refused asserts that a call is refused by the API with this code, and returns what it says.
export async function refused(call, code) {
  try {
    await call();
  } catch (e) {
    assert.equal(e.code, code, e.stack);
    assert.ok(e.message);
    return e;
  }
  assert.fail(`not refused with ${code}`);
}

// nothing is what a pull for a second brings where nothing is there: null, also where the library has
// missed heartbeats meanwhile, as it may on a busy machine.
export async function nothing(pull) {
  try {
    return await pull;
  } catch (e) {
    assert.match(e.message, /heartbeats missed/);
    return null;
  }
}

// take takes n messages of an iterator.
export async function take(messages, n) {
  const got = [];
  for await (const m of messages) {
    if (got.push(m) === n) {
      break;
    }
  }
  return got;
}
