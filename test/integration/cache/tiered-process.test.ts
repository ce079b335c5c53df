import { expect, test } from "vitest";
import { runNode } from "../../support/run-node.ts";

const prelude = `
import { MemoryHub } from ${JSON.stringify(new URL("../../../src/cache/memory-hub.ts", import.meta.url))};
import { TieredCache } from ${JSON.stringify(new URL("../../../src/cache/tiered-cache.ts", import.meta.url))};
const tier = new MemoryHub().connect();
const cache = new TieredCache({ name: "c", tier, ttlMs: 60_000, staleMs: 60_000, tierTimeoutMs: 20 });
`;

const run = (program: string) => runNode(["--input-type=module", "--eval", prelude + program]);

test("a process whose caller waits for a server that never answers stays until the source was asked", async () => {
  const { code, stdout, stderr } = await run(`
    tier.get = () => new Promise(() => undefined);
    console.log(await cache.getOrLoad("k", () => "from the source"));
  `);
  expect(stderr).toBe("");
  expect(stdout).toBe("from the source\n");
  expect(code).toBe(0);
});

test("a process whose caller waits for a lease of a node that is gone stays until it may load", async () => {
  const { code, stdout, stderr } = await run(`
    await tier.acquire("k", [], 200);
    console.log(await cache.getOrLoad("k", () => "after the lease"));
  `);
  expect(stderr).toBe("");
  expect(stdout).toBe("after the lease\n");
  expect(code).toBe(0);
});

test("a process whose caller has a timeout stays until it is over", async () => {
  const { code, stdout } = await run(`
    await cache.getOrLoad("k", () => new Promise(() => undefined), { timeoutMs: 50 }).catch(({ code }) => console.log(code));
  `);
  expect(stdout).toBe("VICTOR_DEADLINE\n");
  expect(code).toBe(0);
});

test("a process that is done ends, though its cache holds values, probes a server and was never closed", async () => {
  const { code, stdout } = await run(`
    await cache.getOrLoad("k", () => 1);
    tier.delete = () => Promise.reject(new Error("gone"));
    console.log(await cache.delete("k"));
  `);
  expect(stdout).toBe("pending\n");
  expect(code).toBe(0);
});

test("a listener that throws makes uncaught exceptions, and neither fails a call nor keeps the server from being asked again", async () => {
  const { code, stdout } = await run(`
    let uncaught = 0;
    process.on("uncaughtException", () => uncaught++);
    const other = new MemoryHub().connect();
    const told = new TieredCache({ name: "d", tier: other, ttlMs: 60_000, onEvent() { throw new Error("of the listener"); } });
    const forget = other.delete.bind(other);
    other.delete = () => Promise.reject(new Error("gone"));
    for (let i = 0; i < 3; i++) console.log(await told.delete("k" + i));
    console.log(await told.getOrLoad("k", () => "loaded"));
    other.delete = forget;
    while ((await told.delete("k")) !== "fleet") await new Promise((resolve) => setTimeout(resolve, 5));
    console.log("told", uncaught > 3);
  `);
  expect(stdout).toBe("pending\npending\npending\nloaded\ntold true\n");
  expect(code).toBe(0);
});
