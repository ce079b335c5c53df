import { createHook } from "node:async_hooks";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WorkerPool } from "../../../src/concurrency/worker-pool.ts";
import type { WorkerPoolOptions } from "../../../src/concurrency/worker-pool-options.ts";
import { threadStarter } from "../../../src/concurrency/worker-thread.ts";

const fixture = (name: string): URL => new URL(`../../fixtures/workers/${name}`, import.meta.url);
const hostile = fixture("hostile.mjs");

const pools: WorkerPool[] = [];
const poolOf = (options: WorkerPoolOptions = {}): WorkerPool => {
  const pool = new WorkerPool({ maxWorkers: 1, ...options });
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close({ timeoutMs: 0 })));
});

describe("in a thread where nothing uncaught ends it, a task settles that", () => {
  test.each([
    ["throws an error that throws when it is looked at", "throwsUnreadable", { message: /not for you/ }],
    ["rejects with one", "rejectsUnreadable", { message: /not for you/ }],
    ["throws what has no prototype to look at", "throwsProxy", { code: "VICTOR_WORKER_CLONE" }],
    ["returns what throws something without a text", "returnsUnreadable", { code: "VICTOR_WORKER_CLONE" }],
    ["throws an exception with a field that its class can't be given", "throwsCoded", { code: "E_CODED" }],
  ])("%s", async (_, name, expected) => {
    const pool = poolOf();
    const error = await pool.run(hostile, [], { name }).catch((thrown: unknown) => thrown);
    const { message, ...fields } = expected as { message?: RegExp };
    expect(error).toMatchObject(fields);
    if (message !== undefined) expect((error as Error).message).toMatch(message);
    expect(await pool.run(hostile, [], { name: "one" })).toBe(1);
    expect(pool.stats()).toMatchObject({ crashes: 0, started: 1, running: 0, completed: 1, failed: 1 });
  });
});

test("a module that throws what has no text fails to load, and costs no thread", async () => {
  const pool = poolOf();
  await expect(pool.run(fixture("throws-nothing.mjs"))).rejects.toMatchObject({ code: "VICTOR_WORKER_LOAD" });
  expect(pool.stats()).toMatchObject({ crashes: 0, failed: 1 });
});

describe("what one side's stack can send and the other's can't read", () => {
  const depth = 6000;

  test("as a result: its task fails, and no other", async () => {
    const pool = poolOf();
    for (let i = 0; i < 3; i++) await pool.run(hostile, [], { name: "one" });
    const one = () => pool.run(hostile, [], { name: "one" });
    const nested = () => pool.run(hostile, [depth], { name: "nested" });
    const settled = await Promise.allSettled([one(), one(), nested(), one(), nested(), one()]);
    const lost = { code: "VICTOR_WORKER_CLONE", cause: { name: "RangeError" } };
    for (const [i, result] of settled.entries())
      if (i === 2 || i === 4) expect(result).toMatchObject({ status: "rejected", reason: lost });
      else expect(result).toEqual({ status: "fulfilled", value: 1 });
    expect(pool.stats()).toMatchObject({ running: 0, crashes: 0, started: 1 });
  });

  test("as a result of a thread that ends", async () => {
    const pool = poolOf();
    await expect(pool.run(hostile, [depth], { name: "exitsNested" })).rejects.toMatchObject({
      code: "VICTOR_WORKER_CLONE",
    });
    await vi.waitUntil(() => pool.stats().workers === 0);
  });

  test("as an argument: its task fails, and no other", async () => {
    const pool = poolOf({ resourceLimits: { stackSizeMb: 0.5 } });
    const read = (value: unknown): boolean => Array.isArray(value);
    for (let i = 0; i < 3; i++) await pool.run(read, [1]);
    let value: unknown = [];
    for (let i = 0; i < 2500; i++) value = [value];
    const all = [1, value, 2, [3]].map((each) => pool.run(read, [each]));
    const lost = { code: "VICTOR_WORKER_CLONE", cause: { name: "RangeError" } };
    expect(await Promise.allSettled(all)).toMatchObject([
      { value: false },
      { status: "rejected", reason: lost },
      { value: false },
      { value: true },
    ]);
    expect(pool.stats()).toMatchObject({ running: 0, crashes: 0, started: 1 });
  });
});

test("a promise that calls back twice answers for its own task only", async () => {
  const pool = poolOf();
  expect(await pool.run(hostile, [], { name: "answersTwice" })).toBe(1);
  expect(await pool.run(hostile, [], { name: "later" })).toBe("own");
});

test.each([
  { said: "a text" },
  { said: null },
  { said: { some: "thing" } },
  { said: [0, 0, "not its own"] },
  { said: "ready" },
])("what a module says to whom it finds in `workerData` is no answer: $said", async ({ said }) => {
  const pool = poolOf();
  for (let i = 0; i < 3; i++) expect(await pool.run(hostile, [said], { name: "talks" })).toBe("own");
  expect(pool.stats()).toMatchObject({ running: 0, completed: 3, crashes: 0 });
});

test("a task that sets its thread's clock doesn't change how long tasks are taken to last", async () => {
  const pool = poolOf();
  const still = (): number => {
    performance.now = () => Number.NaN;
    return performance.now();
  };
  expect(await pool.run(still, [])).toBeNaN();
  expect(await pool.run(hostile, [], { name: "one" })).toBe(1);
  expect(pool.stats().runTimeMs.count).toBe(2);
});

test("a thread that can't be started leaves no port open", async () => {
  const ports = new Set<number>();
  let isStarting = true;
  const hook = createHook({
    init: (id, type) => isStarting && type === "MESSAGEPORT" && ports.add(id),
    destroy: (id) => ports.delete(id),
  }).enable();
  const start = threadStarter({
    name: "wrong flag",
    execArgv: ["--no-such-flag"],
    env: undefined,
    resourceLimits: undefined,
  });
  const nobody = { received: () => {}, unreadable: () => {}, exited: () => {} };
  expect(() => start(new SharedArrayBuffer(8), nobody)).toThrow("--no-such-flag");
  isStarting = false;
  await vi.waitUntil(() => ports.size === 0);
  hook.disable();
});
