// Amazon SQS, by @aws-sdk/client-sqs.

import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SQSClient,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs";

const batchEntries = 10; // SendMessageBatch
const batchBytes = 500_000; // well below the limit of a batch, with room for attributes
const longestPoll = 20;

export class SQS {
  constructor(addr) {
    this.urls = new Map();
    this.sqs = new SQSClient({
      endpoint: `http://${addr}`,
      region: "us-east-1",
      credentials: { accessKeyId: "interop", secretAccessKey: "interop" },
      maxAttempts: 1,
    });
  }

  // url returns the URL of a queue, which is made if it is not there.
  async url(queue) {
    if (!this.urls.has(queue)) {
      let found;
      try {
        found = await this.sqs.send(new GetQueueUrlCommand({ QueueName: queue }));
      } catch (e) {
        if (!(e instanceof QueueDoesNotExist)) {
          throw e;
        }
        found = await this.sqs.send(new CreateQueueCommand({ QueueName: queue }));
      }
      this.urls.set(queue, found.QueueUrl);
    }
    return this.urls.get(queue);
  }

  async produce(queue, messages) {
    const QueueUrl = await this.url(queue);
    for (let done = 0; done < messages.length; ) {
      const Entries = batch(messages.slice(done));
      const out = await this.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      if (out.Failed?.length) {
        throw new Error(`message ${done} of ${messages.length}: ${JSON.stringify(out.Failed[0])}`);
      }
      done += Entries.length;
    }
  }

  async consume(queue, n, settle, deadline, messages) {
    const QueueUrl = await this.url(queue);
    while (messages.length < n && deadline.left() > 0) {
      const out = await this.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: Math.min(n - messages.length, batchEntries),
          WaitTimeSeconds: Math.min(longestPoll, Math.floor(deadline.left() / 1000)),
          MessageAttributeNames: ["All"],
          MessageSystemAttributeNames: ["All"],
        }),
      );
      const came = (out.Messages ?? []).map(show);
      messages.push(...came);
      await this.settle(queue, came.map((m) => m.handle), settle);
    }
    if (messages.length < n) {
      throw new Error(`${messages.length} of ${n} came in time`);
    }
  }

  // settle settles up to ten deliveries.
  async settle(queue, handles, how) {
    const QueueUrl = await this.url(queue);
    if (how === "ack" && handles.length > 0) {
      const Entries = handles.map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle }));
      const out = await this.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      if (out.Failed?.length) {
        throw new Error(`deleting: ${JSON.stringify(out.Failed[0])}`);
      }
    }
    if (how === "nack") {
      for (const ReceiptHandle of handles) {
        await this.sqs.send(
          new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
        );
      }
    }
  }

  async count(queue) {
    const QueueUrl = await this.url(queue);
    const got = await this.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
    return {
      ready: Number(got.Attributes.ApproximateNumberOfMessages),
      leased: Number(got.Attributes.ApproximateNumberOfMessagesNotVisible),
      delayed: Number(got.Attributes.ApproximateNumberOfMessagesDelayed),
    };
  }

  async close() {
    this.sqs.destroy();
  }
}

// batch makes one batch of as many messages as it may hold.
function batch(messages) {
  const entries = [];
  let size = 0;
  for (const [i, m] of messages.entries()) {
    size += m.body.length;
    if (i === batchEntries || (i > 0 && size > batchBytes)) {
      break;
    }
    entries.push({
      Id: String(i),
      MessageBody: m.body.toString(),
      MessageAttributes: Object.fromEntries((m.attributes ?? []).map((a) => [a.name, attribute(a)])),
      MessageGroupId: m.group,
      MessageDeduplicationId: m.dedup_id,
    });
  }
  return entries;
}

function attribute(a) {
  return a.type.startsWith("Binary")
    ? { DataType: a.type, BinaryValue: Buffer.from(a.binary, "base64") }
    : { DataType: a.type, StringValue: a.text ?? "" };
}

function show(m) {
  return {
    body: Buffer.from(m.Body),
    handle: m.ReceiptHandle,
    attempt: Number(m.Attributes.ApproximateReceiveCount),
    group: m.Attributes.MessageGroupId,
    dedup_id: m.Attributes.MessageDeduplicationId,
    system: m.Attributes,
    attributes: Object.entries(m.MessageAttributes ?? {}).map(([name, v]) =>
      v.DataType.startsWith("Binary")
        ? { name, type: v.DataType, binary: Buffer.from(v.BinaryValue).toString("base64") }
        : { name, type: v.DataType, text: v.StringValue },
    ),
  };
}
