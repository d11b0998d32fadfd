// Judges NATS in WebSockets by @nats-io/nats-core and @nats-io/jetstream, over the package ws
// where browsers have their own: one line of JSON for each case. Arguments: host:port of a
// house without TLS, of one with it, of one that knows an nkey, the file of the certificate to
// trust, the seed of the nkey, and host:port that makes the first house stop when it is called.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { AckPolicy, RetentionPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers, nkeyAuthenticator, wsconnect } from "@nats-io/nats-core";
import WebSocket from "ws";

const [plain, secure, keyed, certificate, seed, stop] = process.argv.slice(2);
const ca = readFileSync(certificate);
const every = Uint8Array.from({ length: 1 << 16 }, (_, i) => i % 256); // no UTF-8

const PATIENCE = 60_000; // when a case gives up, not what anything takes

// A browser trusts by itself; this is how one tells ws.
globalThis.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url, { ca });
  }
};

// session runs work with a client that has connected, and then closes it.
async function session(work, options = {}) {
  const nc = await wsconnect({ servers: `ws://${plain}`, reconnect: false, timeout: PATIENCE, ...options });
  await work(nc);
  await nc.close();
}

// echo has nc answer itself.
async function echo(nc, body, options = {}) {
  const sub = nc.subscribe("echo", { max: 1, callback: (_, m) => m.respond(m.data, { headers: m.headers }) });
  const m = await nc.request("echo", body, { timeout: PATIENCE, ...options });
  assert.equal(sub.getReceived(), 1);
  return m;
}

// work makes a stream, publishes to it and takes all there is.
async function work(nc, name) {
  const jsm = await jetstreamManager(nc, { timeout: PATIENCE });
  await jsm.streams.add({ name, subjects: [`${name}.>`], retention: RetentionPolicy.Workqueue });
  await jsm.consumers.add(name, { durable_name: "c", ack_policy: AckPolicy.Explicit });
  const js = jetstream(nc, { timeout: PATIENCE });
  for (let i = 0; i < 20; i++) {
    assert.equal((await js.publish(`${name}.x`, every)).seq, i + 1);
  }
  const consumer = await js.consumers.get(name, "c");
  let n = 0;
  const messages = await consumer.consume();
  for await (const m of messages) {
    assert.ok(Buffer.from(m.data).equals(Buffer.from(every)));
    assert.ok(await m.ackAck());
    if (++n === 20) {
      break;
    }
  }
  await messages.close();
  assert.equal((await jsm.streams.info(name)).state.messages, 0);
}

const cases = {
  async requestAndReply() {
    await session(async (nc) => {
      const h = headers();
      h.append("K", "wörld");
      const m = await echo(nc, every, { headers: h });
      assert.ok(Buffer.from(m.data).equals(Buffer.from(every)));
      assert.equal(m.headers.get("K"), "wörld");
    });
  },
  async largestMessage() {
    await session(async (nc) => {
      const body = new Uint8Array(nc.info.max_payload).fill(0xff);
      assert.equal((await echo(nc, body)).data.length, body.length);
    });
  },
  async nobodyThere() {
    await session(async (nc) => {
      await assert.rejects(nc.request("nobody", "", { timeout: PATIENCE }), /no responders/i);
    });
  },
  async betweenTwo() {
    await session(async (one) => {
      await session(async (two) => {
        const sub = one.subscribe("news.*", { max: 100 });
        await one.flush();
        for (let i = 0; i < 100; i++) {
          two.publish("news.x", String(i));
        }
        let n = 0;
        for await (const m of sub) {
          assert.equal(m.string(), String(n++));
        }
        assert.equal(n, 100);
      });
    });
  },
  async queue() {
    await session((nc) => work(nc, "web"));
  },
  async queueInTLS() {
    await session((nc) => work(nc, "websecure"), { servers: `wss://${secure}` });
  },
  async keyInASignature() {
    const authenticator = nkeyAuthenticator(new TextEncoder().encode(seed));
    await session((nc) => echo(nc, "x"), { servers: `ws://${keyed}`, authenticator });
    await assert.rejects(wsconnect({ servers: `ws://${keyed}`, reconnect: false, timeout: PATIENCE }), /authorization violation/i);
  },
  async badSubscription() {
    await session(async (nc) => {
      const socket = new WebSocket(`ws://${plain}`);
      await once(socket, "message"); // INFO
      socket.send("SUB a..b 1\r\n");
      assert.equal((await once(socket, "message"))[0].toString(), "-ERR 'Invalid Subject'\r\n");
      socket.send("FROB\r\n");
      assert.equal((await once(socket, "message"))[0].toString(), "-ERR 'Unknown Protocol Operation'\r\n");
      assert.equal((await once(socket, "close"))[0], 1000);
      await echo(nc, "still there");
    });
  },
  // The last: nobody is served at this address behind it.
  async serverGoes() {
    const nc = await wsconnect({ servers: [`ws://${plain}`, `wss://${secure}`], noRandomize: true, reconnectTimeWait: 10, timeout: PATIENCE });
    const moved = (async () => {
      const seen = [];
      for await (const s of nc.status()) {
        seen.push(s.type);
        if (s.type === "ldm") {
          assert.ok(await nc.flush().then(() => true)); // it is served meanwhile
        }
        if (s.type === "reconnect") {
          return seen;
        }
      }
    })();
    const [host, port] = stop.split(":");
    connect(port, host);
    const seen = await moved;
    assert.ok(seen.indexOf("ldm") >= 0, String(seen));
    await echo(nc, "moved");
    await nc.close();
  },
};

for (const [name, test] of Object.entries(cases)) {
  const line = { case: name };
  try {
    await test();
  } catch (e) {
    line.error = e.stack ?? String(e);
  }
  console.log(JSON.stringify(line));
}
console.log(JSON.stringify({ done: Object.keys(cases).length }));
process.exit(0); // connections of cases that have failed do not hold it up
