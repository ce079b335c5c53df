import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { MemcachedTierOptions } from "../../../src/cache/memcached/memcached-options.ts";
import { MemcachedTier } from "../../../src/cache/memcached/memcached-tier.ts";
import type { Lease, SharedEntry, SharedTier } from "../../../src/cache/shared-tier.ts";
import { type MemcachedService, type MemcachedSetup, startMemcached } from "../../services/memcached.ts";
import { runNode } from "../../support/run-node.ts";
import { SpoilingProxy } from "../../support/spoiling-proxy.ts";
import { storeValue } from "../../support/store-value.ts";
import { untilAnswered } from "../../support/until-answered.ts";
import { untilConnected } from "../../support/until-connected.ts";

const ttlMs = 600_000;
const bytes = (text: string): Uint8Array => Buffer.from(text);
const textOf = (entry: SharedEntry | undefined): string | undefined =>
  entry && Buffer.from(entry.bytes).toString();

async function server(setup?: MemcachedSetup): Promise<MemcachedService> {
  const service = await startMemcached(setup);
  onTestFinished(() => service.stop());
  return service;
}

async function tierOf(
  servers: readonly string[],
  more: Partial<MemcachedTierOptions> = {},
  connected = true,
): Promise<MemcachedTier> {
  const tier = new MemcachedTier({ servers, timeoutMs: 10_000, ...more });
  onTestFinished(() => tier.close());
  if (connected) await untilConnected([tier]);
  return tier;
}

async function load(tier: SharedTier, key: string, text: string, tags: readonly string[] = []) {
  const lease = (await tier.acquire(key, tags, 60_000)) as Lease;
  return tier.fill(lease, bytes(text), ttlMs);
}

const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "none",
    (error) => error.reason ?? error,
  );

test("a killed server is told of, and used again, empty, as soon as it is back", async () => {
  const service = await server();
  const tier = await tierOf([service.address]);
  const stamp = await load(tier, "k", "v", ["t"]);
  expect(await tier.isCurrent(stamp as never)).toBe(true);
  await service.kill("SIGKILL");
  expect(await reasonOf(tier.get("k"))).toBe("unavailable");
  expect(tier.isConnected).toBe(false);
  expect(tier.isCurrent(stamp as never)).toBe(false);
  expect(await reasonOf(tier.delete(["k"]))).toBe("unavailable");
  await tier.leaseEnded("k", 60_000);
  await service.restart();
  await untilConnected([tier]);
  expect(await tier.get("k")).toBeUndefined();
  expect(await tier.isCurrent(stamp as never)).toBe(false);
  await load(tier, "k", "v2", ["t"]);
  expect(textOf(await tier.get("k"))).toBe("v2");
  expect(tier.stats()).toMatchObject({ isConnected: true, connections: 2 });
});

test("a server that has stopped is given up in time, and used again when it goes on", async () => {
  const service = await server();
  const tier = await tierOf([service.address], { timeoutMs: 300 });
  await untilAnswered(() => storeValue(tier, "k", bytes("v1"), ["t"], ttlMs));
  let lease: Lease | undefined;
  // One whose answer was lost is held for a minute.
  for (let i = 0; lease === undefined; i++)
    lease = (await untilAnswered(() => tier.acquire(`other ${i}`, [], 60_000))) as Lease | undefined;
  await service.kill("SIGSTOP");
  const late = [tier.get("k"), tier.fill(lease, bytes("late"), ttlMs), tier.delete(["elsewhere"])];
  expect(await Promise.all(late.map(reasonOf))).toEqual(["timeout", "timeout", "timeout"]);
  expect(tier.isConnected).toBe(false);
  await service.kill("SIGCONT");
  await untilConnected([tier]);
  await untilAnswered(() => storeValue(tier, "k", bytes("v2"), [], ttlMs));
  expect(textOf(await untilAnswered(() => tier.get("k")))).toBe("v2");
});

test("what was given up and reaches the server late brings nothing back", async () => {
  const service = await server();
  const proxy = await SpoilingProxy.start(service.port);
  onTestFinished(() => proxy.close());
  const slow = await tierOf([proxy.address], { timeoutMs: 200 });
  const tellers: readonly ((key: string) => Promise<unknown>)[] = [
    (key) => storeValue(slow, key, bytes("late"), ["t"], ttlMs),
    async (key) => {
      const lease = (await slow.acquire(key, ["t"], 60_000)) as Lease;
      return slow.fill(lease, bytes("late"), ttlMs);
    },
  ];
  for (const [which, late] of tellers.entries())
    for (let inTime = 0; inTime < 4; inTime++) {
      await untilConnected([slow]);
      const key = `${which} ${inTime}`;
      Object.assign(proxy, { fault: "late", inTime });
      await reasonOf(late(key));
      // By the same names, since the list of servers is part of them.
      const other = await tierOf([proxy.address], { timeoutMs: 10_000 }, false);
      proxy.fault = undefined;
      await untilConnected([other]);
      await storeValue(other, key, bytes("newer"), [], ttlMs);
      proxy.release();
      await other.get("something else");
      expect(await seen(other, key)).not.toContain("late");
    }
});

/** All that is read of a key for a while, in which late requests arrive. */
async function seen(tier: SharedTier, key: string): Promise<unknown[]> {
  const texts: unknown[] = [];
  for (let i = 0; i < 20; i++) {
    texts.push(textOf(await tier.get(key)));
    await sleep(2);
  }
  return texts;
}

test("no more commands wait than may, and those beyond reject at once", async () => {
  const service = await server();
  const tier = await tierOf([service.address], { maxQueued: 16, timeoutMs: 1_000 });
  await service.kill("SIGSTOP");
  const reasons = await Promise.all(Array.from({ length: 50 }, (_, i) => reasonOf(tier.delete([`${i}`]))));
  await service.kill("SIGCONT");
  expect(reasons.filter((reason) => reason === "busy").length).toBeGreaterThan(40);
  expect(new Set(reasons)).toEqual(new Set(["busy", "timeout"]));
  expect(tier.stats().failures.busy).toBeGreaterThan(40);
  await untilConnected([tier]);
});

test("a server that evicts forgets values and generations, and never gives a wrong one", async () => {
  const service = await server({ args: ["-m", "2", "-I", "512k"] });
  const tier = await tierOf([service.address]);
  const large = "x".repeat(20_000);
  let hits = 0;
  for (let i = 0; i < 400; i++) {
    const key = `k${i % 3 === 0 ? i % 150 : i % 7}`;
    const entry = textOf(await tier.get(key));
    if (entry !== undefined) hits++;
    expect(entry === undefined || entry.startsWith(`${key}:`)).toBe(true);
    const lease = await tier.acquire(key, [`t ${key}`], 60_000, true);
    if (lease !== undefined) await tier.fill(lease as Lease, bytes(`${key}:${large}`), ttlMs);
    if (i % 10 === 0) {
      await tier.deleteByTag([`t ${key}`]);
      expect(await tier.get(key)).toBeUndefined();
    }
  }
  expect(Number(/STAT evictions (\d+)/.exec(await service.tell("stats"))?.[1])).toBeGreaterThan(0);
  expect(hits).toBeGreaterThan(0);
});

test("a full server that doesn't evict takes no value, and forgets all the same", async () => {
  const service = await server({ args: ["-m", "2", "-I", "512k", "-M"] });
  const tier = await tierOf([service.address]);
  await load(tier, "kept", "v", ["t"]);
  let reason: unknown = "none";
  for (let i = 0; reason === "none" && i < 5000; i++)
    reason = await reasonOf(storeValue(tier, `k${i}`, bytes("x".repeat(i % 2 ? 60_000 : 10)), [], ttlMs));
  expect(reason).toBe("full");
  expect(textOf(await tier.get("kept"))).toBe("v");
  await tier.deleteByTag(["t"]);
  expect(await tier.get("kept")).toBeUndefined();
  await tier.clear();
});

test("a value that is too large is refused here or by the server, and what it should replace is gone", async () => {
  const service = await server();
  for (const maxValueBytes of [1000, 10_000_000]) {
    const tier = await tierOf([service.address], { maxValueBytes });
    await load(tier, "k", "v");
    expect(await reasonOf(storeValue(tier, "k", new Uint8Array(2_000_000), [], ttlMs))).toBe("full");
    expect(await tier.get("k")).toBeUndefined();
    const lease = (await tier.acquire("k", [], 60_000)) as Lease;
    expect(await reasonOf(tier.fill(lease, new Uint8Array(2_000_000), ttlMs))).toBe("full");
    await load(tier, "k", "small");
    expect(textOf(await tier.get("k"))).toBe("small");
    await tier.clear();
  }
});

test("half an answer, and silence in either direction, cost a connection and nothing else", async () => {
  const service = await server();
  const proxy = await SpoilingProxy.start(service.port);
  onTestFinished(() => proxy.close());
  const tier = await tierOf([proxy.address], { timeoutMs: 400 });
  await untilAnswered(() => storeValue(tier, "k", bytes("v".repeat(5000)), [], ttlMs));
  for (const fault of ["half", "requests", "answers", "half"] as const) {
    proxy.fault = fault;
    expect(await reasonOf(tier.get("k"))).toMatch(/unavailable|timeout/);
    expect(tier.isConnected).toBe(false);
    proxy.fault = undefined;
    await untilConnected([tier]);
    expect(textOf(await untilAnswered(() => tier.get("k")))).toBe("v".repeat(5000));
  }
});

test("somebody else behind the port is told of in time", async () => {
  const stranger = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void stranger.close());
  const { port } = stranger.address() as { port: number };
  const tier = await tierOf([`127.0.0.1:${port}`], { timeoutMs: 500 }, false);
  expect(await reasonOf(tier.get("k"))).toMatch(/unavailable|timeout/);
  expect(tier.isConnected).toBe(false);
});

test("of several servers, one that was away doesn't bring back what could not be forgotten on it", async () => {
  const services = [await server(), await server(), await server()];
  const addresses = services.map(({ address }) => address);
  const tier = await tierOf(addresses, { timeoutMs: 500 });
  const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`);
  for (const key of keys) await untilAnswered(() => storeValue(tier, key, bytes("old"), [], ttlMs));
  await services[1]!.kill("SIGSTOP");
  const before = await Promise.all(keys.map((key) => reasonOf(tier.delete([key]))));
  expect(before).toContain("timeout");
  await services[1]!.kill("SIGCONT");
  for (const key of keys) while ((await reasonOf(tier.delete([key]))) !== "none") await sleep(5);
  for (const key of keys) {
    expect(await untilAnswered(() => tier.get(key))).toBeUndefined();
    await untilAnswered(() => storeValue(tier, key, bytes("new"), [], ttlMs));
    expect(textOf(await untilAnswered(() => tier.get(key)))).toBe("new");
  }
});

test("others trust what they were told for as long as they may, and not beyond a token", async () => {
  const service = await server();
  const trusting = await tierOf([service.address], { trustMs: 600_000 });
  const writer = await tierOf([service.address]);
  const stamp = await load(trusting, "k", "v", ["t"]);
  await trusting.get("k");
  expect(trusting.isCurrent(stamp as never)).toBe(true);
  await writer.deleteByTag(["t"]);
  expect(trusting.isCurrent(stamp as never)).toBe(true);
  await trusting.catchUp(writer.token());
  expect(await trusting.isCurrent(stamp as never)).toBe(false);
});

test("keys and tags of any characters and lengths are apart", async () => {
  const service = await server();
  const tier = await tierOf([service.address], { namespace: "odd ✓\r\nkeys" });
  const keys = [
    "",
    " ",
    "a b",
    "\r\nflush_all\r\n",
    "ü",
    "\ud800",
    "\ud801",
    "x".repeat(229),
    "x".repeat(5000),
  ];
  for (const key of keys) await load(tier, key, JSON.stringify(key), [key]);
  for (const key of keys) expect(textOf(await tier.get(key))).toBe(JSON.stringify(key));
  for (const [i, key] of keys.entries()) {
    await (i % 2 ? tier.delete([key]) : tier.deleteByTag([key]));
    for (const [j, other] of keys.entries()) expect((await tier.get(other)) === undefined).toBe(j <= i);
  }
});

const tierFile = JSON.stringify(
  new URL("../../../src/cache/memcached/memcached-tier.ts", import.meta.url).href,
);
const script = (address: string, body: string): string[] => [
  "--no-warnings",
  "--input-type=module",
  "--eval",
  `import { MemcachedTier } from ${tierFile};
   const tier = new MemcachedTier({ servers: [${JSON.stringify(address)}], timeoutMs: 20_000 });
   ${body}`,
];

test("an idle tier doesn't keep the process, and one that is asked does", async () => {
  const service = await server();
  const ended = await runNode(script(service.address, `await tier.get("k"); console.log("read");`));
  expect(ended).toMatchObject({ code: 0, stdout: "read\n" });
  const stopped = runNode(
    script(
      service.address,
      `await tier.get("k"); console.log("ready"); await new Promise((go) => process.stdin.once("data", go));
       process.stdin.unref(); await tier.get("k"); console.log("read");`,
    ),
    { input: "go", onStdout: () => undefined },
  );
  expect(await stopped).toMatchObject({ code: 0, stdout: "ready\nread\n" });
  const waits = await runNode(
    script(
      service.address,
      `const lease = await tier.acquire("waited", [], 60_000);
       setTimeout(() => tier.release(lease), 50);
       await tier.leaseEnded("waited", 60_000); console.log("woken");`,
    ),
  );
  expect(waits).toMatchObject({ code: 0, stdout: "woken\n" });
});
