// The AWS SDK for JavaScript, version 3.

import assert from "node:assert/strict";
import { Console } from "node:console";
import {
  AddPermissionCommand,
  CancelMessageMoveTaskCommand,
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  RemovePermissionCommand,
  SQSClient,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
  UntagQueueCommand,
  paginateListQueues,
} from "@aws-sdk/client-sqs";
import * as model from "@aws-sdk/client-sqs";
import { refusal } from "./report.mjs";

export async function make(sqs, name, attributes) {
  const made = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  return made.QueueUrl;
}

export async function receive(sqs, url, more) {
  const got = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20, ...more }));
  return got.Messages ?? [];
}

export async function attribute(sqs, url, name) {
  const got = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [name] }));
  return got.Attributes?.[name];
}

async function queues(sqs) {
  const url = await make(sqs, "js-queue", { VisibilityTimeout: "40" });
  assert.equal((await sqs.send(new GetQueueUrlCommand({ QueueName: "js-queue" }))).QueueUrl, url);
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { VisibilityTimeout: "41" } }));
  assert.equal(await attribute(sqs, url, "VisibilityTimeout"), "41");
  await sqs.send(new TagQueueCommand({ QueueUrl: url, Tags: { a: "1", b: "2" } }));
  await sqs.send(new UntagQueueCommand({ QueueUrl: url, TagKeys: ["a"] }));
  assert.deepEqual((await sqs.send(new ListQueueTagsCommand({ QueueUrl: url }))).Tags, { b: "2" });
  const grant = { QueueUrl: url, Label: "l", AWSAccountIds: ["111122223333"], Actions: ["SendMessage"] };
  await sqs.send(new AddPermissionCommand(grant));
  await sqs.send(new RemovePermissionCommand({ QueueUrl: url, Label: "l" }));
  await sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
  await sqs.send(new DeleteQueueCommand({ QueueUrl: url }));

  const urls = [];
  for (let i = 0; i < 5; i++) {
    urls.push(await make(sqs, `js-page-${i}`));
  }
  const got = [];
  for await (const page of paginateListQueues({ client: sqs, pageSize: 2 }, { QueueNamePrefix: "js-page" })) {
    got.push(...page.QueueUrls);
  }
  assert.deepEqual(got, urls);
}

// The SDK itself holds every body against its digest, and throws.
async function messages(sqs) {
  const url = await make(sqs, "js-messages");
  const attributes = {
    text: { DataType: "String", StringValue: "é \u{1f600} <&>" },
    number: { DataType: "Number.double", StringValue: "-1.5e10" },
    binary: { DataType: "Binary", BinaryValue: Uint8Array.from({ length: 256 }, (_, i) => i) },
  };
  const body = "tab\t, return\r\n, \u{1f600}, \u007f, \u0085, \u2028, \ufffd";
  const sent = await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body, MessageAttributes: attributes }));
  const [m] = await receive(sqs, url, { MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] });
  assert.equal(m.Body, body);
  assert.equal(m.MessageId, sent.MessageId);
  assert.equal(m.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
  assert.deepEqual(m.MessageAttributes, attributes);
  assert.equal(m.Attributes.ApproximateReceiveCount, "1");
  const held = { QueueUrl: url, ReceiptHandle: m.ReceiptHandle };
  await sqs.send(new ChangeMessageVisibilityCommand({ ...held, VisibilityTimeout: 100 }));
  await sqs.send(new DeleteMessageCommand(held));
  assert.equal(await attribute(sqs, url, "ApproximateNumberOfMessagesNotVisible"), "0");
}

async function batches(sqs) {
  const url = await make(sqs, "js-batches");
  const entries = [
    { Id: "a", MessageBody: "1" },
    { Id: "b", MessageBody: "\ud83d\ude00 2" },
    { Id: "c", MessageBody: "3", DelaySeconds: 901 },
  ];
  const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }));
  assert.deepEqual(sent.Successful.map((s) => s.Id), ["a", "b"]);
  assert.deepEqual(sent.Failed.map((f) => [f.Id, f.Code, f.SenderFault]), [["c", "InvalidParameterValue", true]]);
  const got = await receive(sqs, url, { MaxNumberOfMessages: 10 });
  const handles = got.map((m, i) => ({ Id: `h${i}`, ReceiptHandle: m.ReceiptHandle }));
  const longer = handles.map((h) => ({ ...h, VisibilityTimeout: 60 }));
  const changed = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries: longer }));
  assert.equal(changed.Successful.length, 2);
  handles.push({ Id: "bad", ReceiptHandle: "nonsense" });
  const deleted = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: handles }));
  assert.equal(deleted.Successful.length, 2);
  assert.deepEqual(deleted.Failed.map((f) => f.Code), ["ReceiptHandleIsInvalid"]);
}

async function fifo(sqs) {
  const url = await make(sqs, "js.fifo", { FifoQueue: "true" });
  for (const [id, body] of [["1", "one"], ["1", "again"], ["2", "two"]]) {
    const m = { QueueUrl: url, MessageBody: body, MessageGroupId: "g", MessageDeduplicationId: id };
    assert.match((await sqs.send(new SendMessageCommand(m))).SequenceNumber, /^\d{20}$/);
  }
  const got = await receive(sqs, url, { MaxNumberOfMessages: 10, ReceiveRequestAttemptId: "attempt" });
  assert.deepEqual(got.map((m) => m.Body), ["one", "two"]);
}

async function moves(sqs) {
  const dead = await make(sqs, "js-dead");
  const arn = await attribute(sqs, dead, "QueueArn");
  const policy = JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: 1 });
  const work = await make(sqs, "js-work", { VisibilityTimeout: "0", RedrivePolicy: policy });
  const sources = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }));
  assert.deepEqual(sources.queueUrls, [work]);
  for (let i = 0; i < 120; i++) { // at one message a second the task outlasts what is asked of it on a slow machine
    await sqs.send(new SendMessageCommand({ QueueUrl: dead, MessageBody: String(i) }));
  }
  const target = await attribute(sqs, work, "QueueArn");
  const start = { SourceArn: arn, DestinationArn: target, MaxNumberOfMessagesPerSecond: 1 };
  const { TaskHandle } = await sqs.send(new StartMessageMoveTaskCommand(start));
  const { Results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn }));
  assert.equal(Results[0].TaskHandle, TaskHandle);
  assert.equal(typeof Results[0].StartedTimestamp, "number");
  await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
}

// An error has the class that the model gives it, and both its names.
async function errors(sqs) {
  const url = await make(sqs, "js-errors", { VisibilityTimeout: "40" });
  const absent = `${url}-not`;
  const prefix = "AWS.SimpleQueueService.";
  const entry = { Id: "a", MessageBody: "m" };
  const batch = (...Entries) => new SendMessageBatchCommand({ QueueUrl: url, Entries });
  for (const [command, name, code, status] of [
    [new GetQueueUrlCommand({ QueueName: "js-absent" }), "QueueDoesNotExist", prefix + "NonExistentQueue", 400],
    [new SendMessageCommand({ QueueUrl: absent, MessageBody: "m" }), "QueueDoesNotExist", prefix + "NonExistentQueue", 400],
    [new CreateQueueCommand({ QueueName: "js-errors", Attributes: { VisibilityTimeout: "41" } }), "QueueNameExists", "QueueAlreadyExists", 400],
    [new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: "x" }), "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 400],
    [new SendMessageCommand({ QueueUrl: url, MessageBody: "\u0001" }), "InvalidMessageContents", "InvalidMessageContents", 400],
    [new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["No"] }), "InvalidAttributeName", "InvalidAttributeName", 400],
    [batch(), "EmptyBatchRequest", prefix + "EmptyBatchRequest", 400],
    [batch(entry, entry), "BatchEntryIdsNotDistinct", prefix + "BatchEntryIdsNotDistinct", 400],
    [new StartMessageMoveTaskCommand({ SourceArn: "arn:aws:sqs:us-east-1:000000000000:js-absent" }), "ResourceNotFoundException", "ResourceNotFoundException", 404],
  ]) {
    const e = await refusal(sqs, command);
    assert.equal(e.constructor, model[name], `the class of ${e}`);
    assert.equal(e.name, name);
    assert.equal(e.Code ?? e.Error?.Code, code);
    assert.equal(e.$metadata.httpStatusCode, status);
    assert.ok(e.message && e.$metadata.requestId, `words and id of ${name}`);
  }
  // Without a class of its own an error has the code for a name.
  const e = await refusal(sqs, new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 11 }));
  assert.equal(e.name, "InvalidParameterValue");
  assert.match(e.message, /Must be between 1 and 10/);
}

async function wrongKeys() {
  const keys = (accessKeyId, secretAccessKey) => new SQSClient({ maxAttempts: 1, credentials: { accessKeyId, secretAccessKey } });
  const list = new GetQueueUrlCommand({ QueueName: "js-errors" });
  let e = await refusal(keys(process.env.AWS_ACCESS_KEY_ID, "wrong"), list);
  assert.equal(e.name, "SignatureDoesNotMatch");
  assert.equal(e.$metadata.httpStatusCode, 403);
  e = await refusal(keys("AKIDNOBODY", "wrong"), list);
  assert.equal(e.name, "InvalidClientTokenId");
  e = await refusal(keys(process.env.LIMITED_KEY, process.env.LIMITED_SECRET), new CreateQueueCommand({ QueueName: "limited" }));
  assert.equal(e.name, "AccessDenied");
  assert.equal(e.$metadata.httpStatusCode, 403);
}

// A client whose machine has a wrong clock goes by the Date of the refusal, and tries again.
async function clockIsCorrected() {
  const now = Date.now;
  try {
    for (const hours of [-5, 5]) {
      Date.now = () => now() + hours * 3_600_000;
      const sqs = new SQSClient({});
      const attempts = [];
      for (let i = 0; i < 2; i++) {
        attempts.push((await sqs.send(new GetQueueUrlCommand({ QueueName: "js-errors" }))).$metadata.attempts);
      }
      assert.deepEqual(attempts, [2, 1], `attempts with a clock ${hours} h off`);
    }
  } finally {
    Date.now = now;
  }
}

// The SDK sends to the host of a queue's URL, unless it was given an endpoint.
async function queueUrlIsTheEndpoint(sqs) {
  const url = await make(sqs, "js-endpoint");
  const saved = process.env.AWS_ENDPOINT_URL_SQS;
  delete process.env.AWS_ENDPOINT_URL_SQS;
  try {
    const nowhere = new SQSClient({ logger: new Console(process.stderr) });
    await nowhere.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "found by its URL" }));
  } finally {
    process.env.AWS_ENDPOINT_URL_SQS = saved;
  }
  const elsewhere = new SQSClient({ endpoint: saved });
  const [m] = await receive(elsewhere, "http://nowhere.invalid/000000000000/js-endpoint");
  assert.equal(m.Body, "found by its URL");
}

export const cases = [
  queues,
  messages,
  batches,
  fifo,
  moves,
  errors,
  wrongKeys,
  clockIsCorrected,
  queueUrlIsTheEndpoint,
];
