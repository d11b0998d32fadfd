// Judges the STOMP gateway by @stomp/stompjs over the package ws: one line of JSON for
// each case. Arguments: host:port, and the file of the certificate to trust.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Client } from "@stomp/stompjs";
import WebSocket from "ws";
import { run } from "./report.mjs";

const [address, certificate] = process.argv.slice(2);
const ca = readFileSync(certificate);
const every = Uint8Array.from({ length: 1 << 16 }, (_, i) => i % 256); // no UTF-8
const text = "wörld € \u{1F600} \0 and more\n";

// session runs work with a client that has logged in, and then disconnects.
async function session(work, options = {}, url = `ws://${address}/ws`) {
  let socket;
  const kinds = new Set(); // of the messages that have come
  const client = new Client({
    webSocketFactory: () => {
      socket = new WebSocket(url, client.stompVersions.protocolVersions(), { ca });
      socket.on("message", (_, isBinary) => kinds.add(isBinary ? "binary" : "text"));
      return socket;
    },
    reconnectDelay: 0,
    heartbeatIncoming: 0,
    heartbeatOutgoing: 0,
    ...options,
  });
  const connected = new Promise((resolve, reject) => {
    client.onConnect = resolve;
    client.onWebSocketError = (e) => reject(new Error(e.message));
    client.onStompError = (f) => reject(new Error(f.headers.message));
  });
  client.activate();
  await connected;
  assert.equal(socket.protocol, "v12.stomp");
  await work(client, socket, kinds);
  await client.deactivate();
}

// echo sends bodies to a queue and returns what a subscription brings.
async function echo(client, queue, bodies) {
  const got = [];
  const all = new Promise((resolve) => {
    client.subscribe(
      queue,
      (m) => {
        m.ack();
        if (got.push(m) === bodies.length) {
          resolve();
        }
      },
      { ack: "client-individual" },
    );
  });
  for (const body of bodies) {
    client.publish({ destination: queue, ...(typeof body === "string" ? { body } : { binaryBody: body }) });
  }
  await all;
  return got;
}

function same(got, body) {
  if (typeof body === "string") {
    assert.ok(got.body === body, `${got.body.length} characters, not ${body.length}`);
  } else {
    assert.ok(Buffer.from(got.binaryBody).equals(Buffer.from(body)), `${got.binaryBody.length} bytes, not ${body.length}`);
  }
}

const cases = {
  async text() {
    await session(async (client, _, kinds) => {
      const [m] = await echo(client, "/queue/text", [text]);
      same(m, text);
      assert.deepEqual([...kinds], ["text"]);
    });
  },
  async binaryBodies() {
    await session(async (client, _, kinds) => {
      const bodies = [every, text, every.subarray(128, 129)];
      const got = await echo(client, "/queue/mixed", bodies);
      got.forEach((m, i) => same(m, bodies[i]));
      assert.ok(kinds.has("binary"));
    });
  },
  async binaryFrames() {
    await session(
      async (client, _, kinds) => {
        const got = await echo(client, "/queue/binary", [text, every]);
        same(got[0], text);
        same(got[1], every);
        assert.deepEqual([...kinds], ["binary"]);
      },
      { forceBinaryWSFrames: true },
    );
  },
  async largeFramesInPieces() {
    const large = "a larger piece of text, ".repeat(20_000);
    await session(async (client) => same((await echo(client, "/queue/pieces", [large]))[0], large), {
      splitLargeFrames: true,
      maxWebSocketChunkSize: 1021,
    });
  },
  async largestBodies() {
    const long = "ö".repeat(1 << 19);
    const wide = new Uint8Array(1 << 20).fill(0xff);
    for (const forceBinaryWSFrames of [false, true]) {
      await session(
        async (client) => {
          const got = await echo(client, "/queue/large", [long, wide]);
          same(got[0], long);
          same(got[1], wide);
        },
        { forceBinaryWSFrames },
      );
    }
  },
  async tooLargeBody() {
    await session(async (client, socket) => {
      const error = new Promise((resolve) => (client.onStompError = resolve));
      const closed = once(socket, "close");
      client.publish({ destination: "/queue/large", body: "x".repeat((1 << 20) + 1) });
      assert.match((await error).headers.message, /too large/);
      assert.equal((await closed)[0], 1000);
    });
  },
  async heartBeats() {
    await session(
      async (_, socket) => {
        for (let beats = 0; beats < 3; ) {
          const [data] = await once(socket, "message");
          beats += data.toString() === "\n" ? 1 : 0;
        }
        assert.equal(socket.readyState, WebSocket.OPEN); // three beats: the server has waited for ours, too
      },
      { heartbeatIncoming: 500, heartbeatOutgoing: 500 },
    );
  },
  async errorAndClose() {
    await session(async (client, socket) => {
      const error = new Promise((resolve) => (client.onStompError = resolve));
      const closed = once(socket, "close");
      client.publish({ destination: "nowhere/", headers: { transaction: "none" }, body: "" });
      assert.ok((await error).headers.message);
      assert.equal((await closed)[0], 1000);
    });
  },
  async securely() {
    await session(
      async (client) => {
        const got = await echo(client, "/queue/secure", [text, every]);
        same(got[0], text);
        same(got[1], every);
      },
      {},
      `wss://${address}/stomp`,
    );
  },
  async fragmentsAndPings() {
    const socket = new WebSocket(`ws://${address}/`);
    await once(socket, "open");
    const pong = once(socket, "pong");
    const send = (data, fin) => new Promise((done) => socket.send(data, { fin, binary: false }, done));
    const answer = once(socket, "message");
    await send("CONNECT\naccept-ver", false);
    socket.ping("there?");
    await send("sion:1.2\nhost:h\n", false);
    await send("\n\0", true);
    assert.match((await answer)[0].toString(), /^CONNECTED\n/);
    assert.equal((await pong)[0].toString(), "there?");
    socket.close(3999, "enough");
    assert.equal((await once(socket, "close"))[0], 3999);
  },
  async pagesOfOthers() {
    const socket = new WebSocket(`ws://${address}/ws`, { origin: "https://evil.example" });
    const [, response] = await once(socket, "unexpected-response");
    assert.equal(response.statusCode, 403);
    response.destroy();
    const allowed = new WebSocket(`ws://${address}/ws`, { origin: "https://app.example" });
    await once(allowed, "open");
    allowed.terminate();
  },
  async frameThatIsTooLarge() {
    const socket = new WebSocket(`ws://${address}/ws`);
    await once(socket, "open");
    socket.send("x".repeat(70_000)); // before the login
    assert.equal((await once(socket, "close"))[0], 1009);
  },
};

await run(Object.values(cases));
process.exit(0); // connections of cases that have failed do not hold it up
