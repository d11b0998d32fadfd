// A server that is stopped and started again below its clients.

import assert from "node:assert/strict";
import { PATIENCE } from "./house.mjs";

async function consumersGoOn(house) {
  await house.stream(
    "jsrestart",
    async ({ nc, publish, consumer, left }) => {
      await publish("before");
      await publish("held");
      const c = await consumer();
      const held = await c.next({ expires: PATIENCE });
      const back = (async () => {
        for await (const s of nc.status()) {
          if (s.type === "reconnect") {
            return;
          }
        }
      })();
      await house.pull("stop");
      await house.pull("start");
      await back;
      assert.ok(await held.ackAck({ timeout: PATIENCE })); // of before
      const kept = await c.next({ expires: PATIENCE });
      assert.equal(kept.string(), "held");
      assert.ok(await kept.ackAck({ timeout: PATIENCE }));
      await publish("after");
      const after = await c.next({ expires: PATIENCE });
      assert.equal(after.string(), "after");
      assert.ok(await after.ackAck({ timeout: PATIENCE }));
      await left(0);
    },
    {},
    { reconnect: true, reconnectTimeWait: 50, maxReconnectAttempts: -1 },
  );
}

export const cases = [consumersGoOn];
