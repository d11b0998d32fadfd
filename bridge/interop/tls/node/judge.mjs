// Has the SDK, stompjs over wss and nats.js connect in TLS with a private CA: one line of JSON for each case. The
// argument is the JSON of ../site_test.go.

import { readFileSync } from "node:fs";
import { Agent } from "node:https";

import { CreateQueueCommand, DeleteMessageCommand, ListQueuesCommand, ReceiveMessageCommand, SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";
import { AckPolicy, RetentionPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { Client } from "@stomp/stompjs";
import WebSocket from "ws";

import { run } from "./report.mjs";

const patience = 180_000; // milliseconds; no measure, but when to give up
const site = JSON.parse(process.argv[2]);
const ca = readFileSync(site.ca);
const identity = { cert: readFileSync(site.cert), key: readFileSync(site.key) };

function same(got, want) {
  if (got !== want) {
    throw new Error(`${got}, not ${want}`);
  }
}

// distrusts says that a promise fails since nobody knows the CA.
async function distrusts(promise) {
  try {
    await promise;
  } catch (e) {
    if (/certificate|issuer/i.test(`${e.message} ${e.code} ${e.cause ?? ""}`)) {
      return;
    }
    throw e;
  }
  throw new Error("a house of which nobody knows the CA is trusted");
}

function sqsClient(tls, settings) {
  return new SQSClient({
    endpoint: `https://${site.sqs}`,
    region: "us-east-1",
    maxAttempts: 1,
    credentials: { accessKeyId: site.accessKey, secretAccessKey: site.secret },
    requestHandler: new NodeHttpHandler({ httpsAgent: new Agent(tls) }),
    ...settings,
  });
}

async function sqsExchange(client) {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: "node-sqs" }));
  same(QueueUrl, `https://${site.sqs}/000000000000/node-sqs`);
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  same(Messages?.[0].Body, "hello");
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle }));
  client.destroy();
}

async function sqs_signed() {
  await sqsExchange(sqsClient({ ca }));
}

// The SDK has no anonymous credentials: a signer that does nothing is its way.
async function sqs_by_certificate() {
  await sqsExchange(sqsClient({ ca, ...identity }, { signer: { sign: async (request) => request } }));
}

async function sqs_untrusted() {
  await distrusts(sqsClient({}).send(new ListQueuesCommand({})));
}

// stompExchange sends a message and takes it back.
function stompExchange(tls, headers) {
  return new Promise((resolve, reject) => {
    const client = new Client({
      webSocketFactory: () => {
        const ws = new WebSocket(`wss://${site.stomp}/ws`, ["v12.stomp"], tls);
        ws.on("error", reject);
        return ws;
      },
      connectHeaders: headers,
      reconnectDelay: 0,
      heartbeatIncoming: 0,
      heartbeatOutgoing: 0,
      onStompError: (frame) => reject(new Error(`${frame.headers.message}: ${frame.body}`)),
      onConnect: () => {
        client.subscribe("/queue/node-stomp", async (message) => {
          try {
            same(message.body, "hello");
            await client.deactivate();
            resolve();
          } catch (e) {
            reject(e);
          }
        });
        client.publish({ destination: "/queue/node-stomp", body: "hello" });
      },
    });
    client.activate();
  });
}

async function stomp_by_passcode() {
  await stompExchange({ ca }, { login: site.user, passcode: site.password });
}

async function stomp_by_certificate() {
  await stompExchange({ ca, ...identity }, {});
}

async function stomp_untrusted() {
  await distrusts(stompExchange({}, {}));
}

// natsConnection tries again where this machine is too busy for the time that a login may take.
async function natsConnection(options) {
  for (let tries = 1; ; tries++) {
    try {
      return await connect(options);
    } catch (e) {
      if (tries > 3 || !/authentication timeout/i.test(`${e.message} ${e.cause ?? ""}`)) {
        throw e;
      }
    }
  }
}

async function natsExchange(servers, tls, options) {
  const nc = await natsConnection({ servers: `tls://${servers}`, tls, reconnect: false, timeout: patience, ...options });
  try {
    const jsm = await jetstreamManager(nc, { timeout: patience });
    await jsm.streams.add({ name: "node-nats", subjects: ["node-nats"], retention: RetentionPolicy.Workqueue });
    await jsm.consumers.add("node-nats", { durable_name: "c", ack_policy: AckPolicy.Explicit });
    const js = jetstream(nc, { timeout: patience });
    await js.publish("node-nats", "hello");
    const message = await (await js.consumers.get("node-nats", "c")).next({ expires: patience });
    same(message?.string(), "hello");
    same(await message.ackAck(), true);
  } finally {
    await nc.close();
  }
}

async function nats_by_password() {
  await natsExchange(site.nats, { caFile: site.ca }, { user: site.user, pass: site.password });
}

async function nats_by_certificate() {
  await natsExchange(site.nats, { caFile: site.ca, certFile: site.cert, keyFile: site.key }, {});
}

async function nats_first() {
  await natsExchange(site.first, { caFile: site.ca, certFile: site.cert, keyFile: site.key, handshakeFirst: true }, {});
}

async function nats_untrusted() {
  await distrusts(natsExchange(site.nats, {}, {}));
}

await run([
  sqs_signed, sqs_by_certificate, sqs_untrusted, stomp_by_passcode, stomp_by_certificate, stomp_untrusted,
  nats_by_password, nats_by_certificate, nats_first, nats_untrusted,
]);
process.exit(0);
