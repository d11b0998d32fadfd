// Judges a server of NATS by nats.js, over TCP and in WebSockets: judge.mjs WHERE, which is the JSON of ../site_test.go.

import { cases as core } from "./core.mjs";
import { House } from "./house.mjs";
import { cases as older } from "./older.mjs";
import { cases as queues, leases } from "./queues.mjs";
import { cases as restarts } from "./restarts.mjs";
import { run } from "./report.mjs";

const where = JSON.parse(process.argv[2]);
const all = [];
for (const way of ["tcp", "ws"]) {
  for (const test of [...core, ...queues, ...(way === "tcp" ? leases : []), ...restarts]) {
    const named = { [`${test.name} over ${way}`]: () => test(new House(where, way)) };
    all.push(...Object.values(named));
  }
}
for (const test of older) {
  all.push({ [test.name]: () => test(where) }[test.name]);
}
await run(all);
process.exit(0); // connections of cases that have failed do not hold it up
