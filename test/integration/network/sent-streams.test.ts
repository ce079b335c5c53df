import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { NetworkOptimizer } from "../../../src/network/index.ts";
import { httpServer } from "../../support/local-servers.ts";

/** Makes streams, and knows which of them are still open. */
function maker() {
  const made: Readable[] = [];
  const body = () => {
    const stream = Readable.from([Buffer.from("part")]);
    made.push(stream);
    return stream;
  };
  const open = async () => {
    for (let i = 0; i < 5; i++) await nextTurn();
    return made.filter((stream) => !stream.destroyed).length;
  };
  return { made, body, open };
}

/** A port at which nobody listens. */
async function deadOrigin(): Promise<string> {
  const server = await httpServer((_, response) => response.end());
  await server[Symbol.asyncDispose]();
  return server.origin;
}

test("a stream that was never sent is not left open, neither of the last attempt nor of those before", async () => {
  const origin = await deadOrigin();
  await using http = new NetworkOptimizer({ retry: { baseDelayMs: 1 } });
  const { made, body, open } = maker();
  await expect(http.request("PUT", origin, { body })).rejects.toMatchObject({
    code: "VICTOR_ATTEMPTS_FAILED",
  });
  expect(made.length).toBe(4);
  expect(await open()).toBe(0);
});

test("nor one that an open circuit, a deadline or an abort kept from being sent", async () => {
  const origin = await deadOrigin();
  await using http = new NetworkOptimizer({
    retry: false,
    circuit: { consecutiveFailures: 1 },
  });
  const { made, body, open } = maker();
  for (let i = 0; i < 3; i++) await http.request("PUT", origin, { body }).catch(() => undefined);
  await expect(http.request("PUT", origin, { body, timeoutMs: 0 })).rejects.toMatchObject({
    code: "VICTOR_DEADLINE",
  });
  const reason = new Error("enough");
  await expect(http.request("PUT", origin, { body, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(made.length).toBeGreaterThanOrEqual(3);
  expect(await open()).toBe(0);
});

test("one of the web is cancelled", async () => {
  const origin = await deadOrigin();
  await using http = new NetworkOptimizer({ retry: false });
  let cancelled = 0;
  const body = () =>
    new ReadableStream({
      cancel() {
        cancelled++;
      },
    });
  await expect(http.request("PUT", origin, { body })).rejects.toMatchObject({ code: "VICTOR_REQUEST" });
  expect(cancelled).toBe(1);
});

test("the streams of attempts that were retried are closed when a later one succeeds", async () => {
  let asked = 0;
  await using server = await httpServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.statusCode = asked++ === 0 ? 503 : 200;
    response.end(Buffer.concat(chunks));
  });
  await using http = new NetworkOptimizer({ retry: { baseDelayMs: 1 } });
  const { made, body, open } = maker();
  expect(await (await http.request("PUT", server.origin, { body })).text()).toBe("part");
  expect(made.length).toBe(2);
  expect(await open()).toBe(0);
});
