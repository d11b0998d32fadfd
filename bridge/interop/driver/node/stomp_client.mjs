// STOMP 1.2, by @stomp/stompjs over @stomp/tcp-wrapper, as both document it.

import { Client } from "@stomp/stompjs";
import { TCPWrapper } from "@stomp/tcp-wrapper";

// STOMP opens a connection for each request, as short programs do. The
// connections of deliveries that are held stay open.
export class STOMP {
  constructor(addr) {
    const colon = addr.lastIndexOf(":");
    this.host = addr.slice(0, colon);
    this.port = Number(addr.slice(colon + 1));
    this.held = new Map(); // connection and message, by ack header
  }

  // session runs work with a connection, and fails when the connection does.
  // work says whether the connection is to be kept open.
  async session(work) {
    const client = new Client({
      webSocketFactory: () => new TCPWrapper(this.host, this.port),
      reconnectDelay: 0,
      heartbeatIncoming: 0,
      heartbeatOutgoing: 0,
    });
    const broken = new Promise((_, reject) => {
      client.onStompError = (f) => reject(new Error(`${f.headers.message}: ${f.body}`));
      client.onWebSocketError = (e) => reject(new Error(`${e.message}`));
      client.onWebSocketClose = () => reject(new Error("the connection is gone"));
    });
    broken.catch(() => {}); // a connection that is kept may break later
    const connected = new Promise((resolve) => {
      client.onConnect = resolve;
    });
    client.activate();
    await Promise.race([connected, broken]);
    const keep = await Promise.race([work(client), broken]);
    if (!keep) {
      await disconnect(client);
    }
  }

  async produce(queue, messages) {
    await this.session(async (client) => {
      await Promise.all(messages.map((m, i) => send(client, queue, m, `sent-${i}`)));
    });
  }

  async consume(queue, n, settle, deadline, messages) {
    await this.session(
      (client) =>
        new Promise((resolve) => {
          const given = [];
          const subscription = client.subscribe(
            queue,
            (m) => {
              if (messages.length === n) {
                return; // sent ahead; given back when the connection closes
              }
              messages.push(show(m));
              if (settle === "nack") {
                given.push(m);
              } else {
                this.keep(client, m, settle);
              }
              if (messages.length < n) {
                return;
              }
              subscription.unsubscribe();
              given.forEach((g) => g.nack()); // while the subscription stood, they would come straight back to it
              resolve(settle === "hold");
            },
            { ack: "client-individual" },
          );
        }),
    );
  }

  // keep settles a delivery, or holds it.
  keep(client, message, settle) {
    if (settle === "ack") {
      message.ack();
    } else if (settle === "nack") {
      message.nack();
    } else {
      this.held.set(message.headers.ack, { client, message });
    }
  }

  async settle(queue, handles, how) {
    const used = new Set();
    for (const h of handles) {
      const { client, message } = this.held.get(h);
      this.held.delete(h);
      used.add(client);
      this.keep(client, message, how);
    }
    for (const client of used) {
      await disconnect(client);
    }
  }

  async count() {
    throw new Error("STOMP has no way to ask");
  }

  async close() {
    for (const { client } of this.held.values()) {
      await client.deactivate({ force: true });
    }
    this.held.clear();
  }
}

// send resolves when the server has confirmed the message.
function send(client, destination, m, receipt) {
  return new Promise((resolve) => {
    client.watchForReceipt(receipt, resolve);
    client.publish({
      destination,
      binaryBody: m.body,
      headers: { ...Object.fromEntries(m.headers ?? []), receipt },
    });
  });
}

// disconnect resolves when the server has done all it was told before.
async function disconnect(client) {
  const confirmed = new Promise((resolve) => {
    client.onDisconnect = resolve;
  });
  await client.deactivate();
  await confirmed;
}

function show(m) {
  return {
    body: m.binaryBody,
    handle: m.headers.ack,
    attempt: Number(m.headers.JMSXDeliveryCount ?? 0),
    destination: m.headers.destination,
    headers: Object.entries(m.headers),
  };
}
