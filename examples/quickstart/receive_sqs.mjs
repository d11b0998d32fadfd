// Receives one message from the queue "orders" by Amazon SQS, with @aws-sdk/client-sqs.

import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const sqs = new SQSClient({
  endpoint: `http://${process.argv[2] ?? "127.0.0.1:9324"}`,
  region: "us-east-1",
  credentials: { accessKeyId: "any", secretAccessKey: "any" },
});

// CreateQueue finds the queue, if it is there.
const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "orders" }));
const { Messages } = await sqs.send(
  new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ["All"] }),
);
for (const m of Messages ?? []) {
  console.log(`${m.Body}, quantity ${m.MessageAttributes?.quantity?.StringValue ?? "unknown"}`);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: m.ReceiptHandle }));
}
