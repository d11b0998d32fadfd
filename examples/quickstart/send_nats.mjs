// Sends one message to the queue "orders" by NATS JetStream, with @nats-io/jetstream.

import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, headers } from "@nats-io/transport-node";

const nc = await connect({ servers: process.argv[2] ?? "127.0.0.1:4222", timeout: 60_000 });

// A work-queue stream is a queue. A client of another dialect may have made it already.
const jsm = await jetstreamManager(nc, { timeout: 60_000 });
await jsm.streams.info("orders").catch(() => jsm.streams.add({ name: "orders", retention: "workqueue" }));

const h = headers();
h.set("quantity", "3");
await jetstream(nc, { timeout: 60_000 }).publish("orders", "hello from NATS", { headers: h });
console.log("sent");
await nc.close();
