// The driver for Node.js: @aws-sdk/client-sqs, @stomp/stompjs and @nats-io/jetstream.
//
// Reads requests from standard input and writes replies to standard output, one
// line of JSON each. See bridge/interop/README.md.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { NATS } from "./nats_client.mjs";
import { SQS } from "./sqs_client.mjs";
import { STOMP } from "./stomp_client.mjs";

const clients = { stomp: STOMP, nats: NATS, sqs: SQS };

// Deadline is the time that is left for one request.
class Deadline {
  constructor(milliseconds) {
    this.end = performance.now() + milliseconds;
  }

  // left is in milliseconds.
  left() {
    return Math.max(0, this.end - performance.now());
  }

  // bound gives promise the time that is left.
  async bound(promise, what) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${what()} in time`)), this.left());
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function packageVersion(name) {
  const file = new URL(`./node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${JSON.parse(readFileSync(file)).version}`;
}

function hello() {
  return {
    language: `node ${process.versions.node}`,
    clients: {
      stomp: packageVersion("@stomp/stompjs"),
      nats: packageVersion("@nats-io/jetstream"),
      sqs: packageVersion("@aws-sdk/client-sqs"),
    },
  };
}

async function serve(open, r) {
  const deadline = new Deadline(r.timeout_ms);
  if (r.do === "hello") {
    return hello();
  }
  const key = `${r.dialect} ${r.addr}`;
  if (!open.has(key)) {
    open.set(key, new clients[r.dialect](r.addr));
  }
  const client = open.get(key);
  switch (r.do) {
    case "produce": {
      const messages = r.messages.map((m) => ({ ...m, body: Buffer.from(m.body ?? "", "base64") }));
      await deadline.bound(client.produce(r.queue, messages), () => "not sent");
      return {};
    }
    case "consume": {
      const messages = [];
      const all = client.consume(r.queue, r.count, r.settle, deadline, messages);
      await deadline.bound(all, () => `${messages.length} of ${r.count} came`);
      return { messages: messages.map((m) => ({ ...m, body: Buffer.from(m.body).toString("base64") })) };
    }
    case "settle":
      await deadline.bound(client.settle(r.queue, r.handles, r.settle, deadline), () => "not settled");
      return {};
    case "count":
      return { counts: await deadline.bound(client.count(r.queue), () => "no counts") };
    case "close":
      open.delete(key);
      await deadline.bound(client.close(), () => "not closed");
      return {};
  }
  throw new Error(`"${r.do}" is nothing a driver does`);
}

const open = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const r = JSON.parse(line);
  let reply;
  try {
    reply = await serve(open, r);
  } catch (e) {
    reply = { error: `${e.name}: ${e.message}${e.longMessage ? `: ${e.longMessage}` : ""}` };
  }
  process.stdout.write(`${JSON.stringify({ id: r.id, ...reply })}\n`);
}
process.exit(0);
