// Selectors, an extension: an entry of MessageAttributeNames.

import assert from "node:assert/strict";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { refusal } from "./report.mjs";
import { make, receive } from "./sdk.mjs";

async function selectors(sqs) {
  const url = await make(sqs, "js-selectors", { VisibilityTimeout: "0" });
  for (const [body, n] of Object.entries({ low: "3", high: "30" })) {
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body, MessageAttributes: { n: { DataType: "Number", StringValue: n } } }));
  }
  for (const names of [["Sluice.Selector=n > 5"], ["n", "Sluice.Selector=n > 5"]]) {
    const got = await receive(sqs, url, { MaxNumberOfMessages: 10, MessageAttributeNames: names });
    assert.deepEqual(got.map((m) => m.Body), ["high"]);
    assert.equal(got[0].MessageAttributes?.n?.StringValue, names.length > 1 ? "30" : undefined);
  }
  const e = await refusal(sqs, new ReceiveMessageCommand({ QueueUrl: url, MessageAttributeNames: ["Sluice.Selector=n >"] }));
  assert.equal(e.$metadata.httpStatusCode, 400);
  assert.match(e.message, /at offset 3/);
}

export const cases = [selectors];
