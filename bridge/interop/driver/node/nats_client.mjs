// NATS JetStream, by @nats-io/jetstream.

import { AckPolicy, JetStreamApiCodes, JetStreamApiError, RetentionPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, headers, nanos } from "@nats-io/transport-node";

const consumerName = "interop"; // the durable consumer that every driver pulls from
const ackWait = 600_000; // milliseconds; longer than any driver takes to settle a batch, or a test what it holds
const patience = 180_000; // milliseconds; when to give up

export class NATS {
  constructor(addr) {
    this.connecting = connect({ servers: addr, maxReconnectAttempts: -1, timeout: patience }).then(async (nc) => ({
      nc,
      js: jetstream(nc, { timeout: patience }),
      jsm: await jetstreamManager(nc, { timeout: patience }),
    }));
    this.connecting.catch(() => {}); // whoever awaits it is told
  }

  // stream makes the stream of a queue: its subject has the same name.
  async stream(queue) {
    const c = await this.connecting;
    try {
      await c.jsm.streams.info(queue);
    } catch (e) {
      if (!(e instanceof JetStreamApiError) || e.code !== JetStreamApiCodes.StreamNotFound) {
        throw e;
      }
      await c.jsm.streams.add({ name: queue, subjects: [queue], retention: RetentionPolicy.Workqueue });
    }
    return c;
  }

  async produce(queue, messages) {
    const { js } = await this.stream(queue);
    for (const m of messages) {
      const h = headers();
      for (const [name, value] of m.headers ?? []) {
        h.append(name, value);
      }
      await js.publish(queue, m.body, { headers: h });
    }
  }

  async consume(queue, n, settle, deadline, messages) {
    const { js, jsm } = await this.stream(queue);
    await jsm.consumers.add(queue, { durable_name: consumerName, ack_policy: AckPolicy.Explicit, ack_wait: nanos(ackWait) });
    const consumer = await js.consumers.get(queue, consumerName);
    while (messages.length < n && deadline.left() > 0) {
      const expires = Math.max(1000, Math.ceil(deadline.left()));
      const batch = await consumer.fetch({ max_messages: n - messages.length, expires });
      for await (const m of batch) {
        messages.push(show(m));
        if (settle === "ack" && !(await m.ackAck({ timeout: patience }))) {
          throw new Error(`the ack of ${m.reply} was not confirmed`);
        }
        if (settle === "nack") {
          m.nak();
        }
      }
    }
    if (messages.length < n) {
      throw new Error(`${messages.length} of ${n} came in time`);
    }
  }

  async settle(queue, handles, how, deadline) {
    const { nc } = await this.connecting;
    for (const h of handles) {
      await nc.request(h, { ack: "+ACK", nack: "-NAK" }[how], { timeout: deadline.left() });
    }
  }

  async count(queue) {
    const { jsm } = await this.connecting;
    return { ready: (await jsm.streams.info(queue)).state.messages, leased: 0, delayed: 0 };
  }

  async close() {
    const { nc } = await this.connecting;
    await nc.close();
  }
}

function show(m) {
  const list = [];
  for (const [name, values] of m.headers ?? []) {
    for (const value of values) {
      list.push([name, value]);
    }
  }
  return { body: m.data, handle: m.reply, attempt: m.info.deliveryCount, destination: m.subject, headers: list };
}
