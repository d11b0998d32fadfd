// Tells what a judge found: one line of JSON for each case, on the standard output.

export async function run(cases, ...args) {
  for (const test of cases) {
    const line = { case: test.name };
    try {
      await test(...args);
    } catch (e) {
      line.error = e.stack ?? String(e);
    }
    console.log(JSON.stringify(line));
  }
  console.log(JSON.stringify({ done: cases.length }));
}

// refusal returns the error that a request must be answered with.
export async function refusal(client, command) {
  try {
    const got = await client.send(command);
    throw new Error(`not refused, but answered with ${JSON.stringify(got)}`);
  } catch (e) {
    if (!e.$metadata) {
      throw e; // the client itself is in trouble
    }
    return e;
  }
}
