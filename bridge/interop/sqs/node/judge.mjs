// Judges the gateway by the AWS SDK for JavaScript, and by what stands on it.

import { SQSClient } from "@aws-sdk/client-sqs";
import * as consumer from "./consumer.mjs";
import { run } from "./report.mjs";
import * as sdk from "./sdk.mjs";
import * as selectors from "./selectors.mjs";

await run([...sdk.cases, ...consumer.cases, ...selectors.cases], new SQSClient({}));
process.exit(0); // connections that are kept alive do not hold it up
