// sqs-consumer and sqs-producer.

import assert from "node:assert/strict";
import { once } from "node:events";
import { DeleteMessageCommand, SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";
import { Producer } from "sqs-producer";
import { attribute, make, receive } from "./sdk.mjs";

// start starts a consumer that waits for its work when it is stopped.
function start(queueUrl, options) {
  const consumer = Consumer.create({ queueUrl, pollingCompleteWaitTimeMs: 60_000, strictReturn: true, ...options });
  consumer.start();
  return consumer;
}

// stop stops a consumer as an operator does, and waits for what it works on.
async function stop(consumer) {
  const stopped = once(consumer, "stopped");
  consumer.stop();
  await stopped;
}

// left counts what waits in a queue, or is in flight.
async function left(sqs, url) {
  const counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
  return Promise.all(counts.map((name) => attribute(sqs, url, name)));
}

// The producer sends batches, the consumer takes and deletes them as such.
async function batchHandler(sqs) {
  const url = await make(sqs, "js-batch-handler", { VisibilityTimeout: "600" });
  const producer = Producer.create({ queueUrl: url, sqs, batchSize: 10 });
  const bodies = Array.from({ length: 25 }, (_, i) => `body ${i}`);
  await producer.send(bodies.map((body, i) => ({ id: `id${i}`, body, messageAttributes: { n: { DataType: "Number", StringValue: String(i) } } })));
  assert.equal(await producer.queueSize(), 25);
  const got = [];
  let all;
  const came = new Promise((resolve) => (all = resolve));
  const consumer = start(url, {
    batchSize: 10,
    messageAttributeNames: ["All"],
    handleMessageBatch: async (messages) => {
      got.push(...messages.map((m) => m.Body));
      if (got.length === bodies.length) all();
      return messages;
    },
  });
  await Promise.race([came, failure(consumer)]);
  await stop(consumer);
  assert.deepEqual(got.sort(), bodies.sort());
  assert.deepEqual(await left(sqs, url), ["0", "0"]);
}

// failure rejects when a consumer is in trouble.
async function failure(consumer) {
  const [error] = await once(consumer, "error");
  throw error;
}

// While a handler works, its message is held again and again.
async function heartbeat(sqs) {
  const url = await make(sqs, "js-heartbeat");
  const held = new SQSClient({});
  let beats = 0;
  let beaten;
  const twice = new Promise((resolve) => (beaten = resolve));
  held.middlewareStack.add((next, context) => async (args) => {
    const answer = await next(args);
    if (context.commandName === "ChangeMessageVisibilityCommand" && ++beats === 2) beaten();
    return answer;
  });
  const consumer = start(url, {
    sqs: held,
    visibilityTimeout: 600,
    heartbeatInterval: 1,
    handleMessage: async (m) => {
      await twice;
      return m;
    },
  });
  const processed = once(consumer, "message_processed");
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "takes its time" }));
  await Promise.race([processed, failure(consumer)]);
  await stop(consumer);
  assert.deepEqual(await left(sqs, url), ["0", "0"]);
}

// What a handler throws at comes back at once, and is counted.
async function handlerFails(sqs) {
  const url = await make(sqs, "js-handler-fails", { VisibilityTimeout: "600" });
  const attempts = [];
  const consumer = start(url, {
    terminateVisibilityTimeout: true,
    messageSystemAttributeNames: ["ApproximateReceiveCount"],
    handleMessage: async (m) => {
      attempts.push(m.Attributes.ApproximateReceiveCount);
      if (attempts.length === 1) throw new Error("not yet");
      return m;
    },
  });
  const refused = once(consumer, "processing_error");
  const processed = once(consumer, "message_processed");
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "fails once" }));
  const [error, message] = await refused;
  assert.match(error.message, /not yet/);
  assert.equal(message.Body, "fails once");
  await Promise.race([processed, failure(consumer)]);
  await stop(consumer);
  assert.deepEqual(attempts, ["1", "2"]);
  assert.deepEqual(await left(sqs, url), ["0", "0"]);
}

// A stop waits for what is being worked on, and that is deleted.
async function gracefulStop(sqs) {
  const url = await make(sqs, "js-graceful", { VisibilityTimeout: "600" });
  let begin, finish;
  const begun = new Promise((resolve) => (begin = resolve));
  const finished = new Promise((resolve) => (finish = resolve));
  const consumer = start(url, {
    handleMessage: async (m) => {
      begin();
      await finished;
      return m;
    },
  });
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "in work" }));
  await begun;
  const waits = once(consumer, "waiting_for_polling_to_complete");
  const stopped = once(consumer, "stopped");
  consumer.stop();
  await waits;
  assert.deepEqual(await left(sqs, url), ["0", "1"]);
  finish();
  await stopped;
  assert.deepEqual(await left(sqs, url), ["0", "0"]);
}

// A long poll that is cut off takes no message with it.
async function abort(sqs) {
  const url = await make(sqs, "js-abort");
  const polling = new SQSClient({});
  await left(polling, url); // its connection stands
  let sent;
  const asked = new Promise((resolve) => (sent = resolve));
  polling.middlewareStack.add((next) => (args) => {
    const answer = next(args);
    sent();
    return answer;
  }, { step: "finalizeRequest", priority: "low" });
  const consumer = start(url, { sqs: polling, waitTimeSeconds: 20, handleMessage: async (m) => m });
  await asked;
  for (let i = 0; i < 10; i++) {
    await left(sqs, url); // by then the server has the poll
  }
  const cut = once(consumer, "error");
  consumer.stop({ abort: true });
  assert.equal((await cut)[0].code, "AbortError");
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "for somebody else" }));
  const [m] = await receive(sqs, url);
  assert.equal(m?.Body, "for somebody else");
  await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: m.ReceiptHandle }));
}

// Errors of the server are events with its names.
async function errorEvents(sqs) {
  const url = await make(sqs, "js-error-events");
  for (const [queueUrl, credentials, code, status] of [
    [`${url}-not`, undefined, "QueueDoesNotExist", 400],
    [url, { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "wrong" }, "SignatureDoesNotMatch", 403],
  ]) {
    const consumer = start(queueUrl, { sqs: new SQSClient({ credentials, maxAttempts: 1 }), handleMessage: async (m) => m });
    const [error] = await once(consumer, "error");
    consumer.stop({ abort: true });
    assert.equal(error.code, code);
    assert.equal(error.statusCode, status);
  }
}

export const cases = [batchHandler, heartbeat, handlerFails, gracefulStop, abort, errorEvents];
