import { afterEach, describe, expect, test } from "vitest";
import type { Clock } from "../../../src/clock.ts";
import { WorkerPool } from "../../../src/concurrency/worker-pool.ts";
import type { WorkerPoolOptions } from "../../../src/concurrency/worker-pool-options.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** Functions for threads use nothing from around them. */
const crash = (how: string, begun?: Int32Array): unknown => {
  if (begun) Atomics.store(begun, 0, 1);
  if (how === "exit") process.exit(3);
  if (how === "hang") for (;;);
  if (how === "wait") return new Promise(() => {});
  if (how === "memory") {
    const all: unknown[] = [];
    for (;;) all.push(new Array(100_000).fill({ some: "thing" }));
  }
  // In the next turn, where no task's promise catches it.
  if (how === "uncaught") {
    setImmediate(() => {
      throw new TypeError("nobody caught this");
    });
    return new Promise(() => {});
  }
  return how;
};
const increment = (x: number): number => x + 1;

const pools: WorkerPool[] = [];
const poolOf = (options: WorkerPoolOptions = {}, clock?: Clock): WorkerPool => {
  const pool = new WorkerPool({ maxWorkers: 1, ...options }, clock && { clock });
  pools.push(pool);
  return pool;
};
/** Short ones, so that the pool sends many in a message. */
const warm = async (pool: WorkerPool): Promise<void> => {
  for (let i = 0; i < 5; i++) {
    await pool.run(increment, [i]);
    await pool.run(crash, ["return"]);
  }
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close({ timeoutMs: 0 })));
});

describe("a thread ends under a task", () => {
  test.each([
    ["exit", { exitCode: 3 }],
    ["uncaught", { exitCode: 1, cause: { message: "nobody caught this" } }],
    ["memory", { exitCode: 1, cause: { code: "ERR_WORKER_OUT_OF_MEMORY" } }],
  ])("by %s: it fails, those around it are done, and the pool goes on", async (how, error) => {
    const pool = poolOf({ resourceLimits: { maxOldGenerationSizeMb: 24 } });
    await warm(pool);
    const before = [1, 2, 3].map((x) => pool.run(increment, [x]));
    const culprit = pool.run(crash, [how], { signal: new AbortController().signal });
    const after = [4, 5, 6].map((x) => pool.run(increment, [x]));
    await expect(culprit).rejects.toMatchObject({
      code: "VICTOR_WORKER_CRASHED",
      started: true,
      attempts: 1,
      ...error,
    });
    expect(await Promise.all([...before, ...after])).toEqual([2, 3, 4, 5, 6, 7]);
    expect(pool.stats()).toMatchObject({ crashes: 1, failed: 1, started: 2 });
  });

  test("after an exit, what the same message had done is not lost", async () => {
    const pool = poolOf();
    await warm(pool);
    const before = [1, 2, 3].map((x) => pool.run(increment, [x]));
    const culprit = pool.run(crash, ["exit"]);
    await expect(culprit).rejects.toMatchObject({ code: "VICTOR_WORKER_CRASHED" });
    expect(await Promise.all(before)).toEqual([2, 3, 4]);
  });

  test("an idempotent task is tried again, but not for ever", async () => {
    const pool = poolOf({ maxRetries: 2 });
    const culprit = pool.run(crash, ["exit"], { idempotent: true });
    const others = [1, 2].map((x) => pool.run(increment, [x]));
    await expect(culprit).rejects.toMatchObject({ code: "VICTOR_WORKER_CRASHED", attempts: 3 });
    expect(await Promise.all(others)).toEqual([2, 3]);
    expect(pool.stats()).toMatchObject({ crashes: 3, retries: 2 });
  });

  test("an idempotent task that fails once is done the second time", async () => {
    const pool = poolOf();
    const counter = new Int32Array(new SharedArrayBuffer(4));
    const once = (shared: Int32Array): string => {
      if (Atomics.add(shared, 0, 1) === 0) process.exit(1);
      return "done";
    };
    expect(await pool.run(once, [counter], { idempotent: true })).toBe("done");
    expect(counter[0]).toBe(2);
  });

  test("at its start: tasks fail with the reason, and later ones are tried anew", async () => {
    const pool = poolOf({ execArgv: ["--import", "data:text/javascript,process.exit(9)"] });
    await expect(pool.run(increment, [1])).rejects.toMatchObject({
      code: "VICTOR_WORKER_CRASHED",
      started: false,
    });
    await expect(pool.run(increment, [1])).rejects.toMatchObject({ code: "VICTOR_WORKER_CRASHED" });
    const wrongFlag = poolOf({ execArgv: ["--no-such-flag"] });
    await expect(wrongFlag.run(increment, [1])).rejects.toMatchObject({
      code: "VICTOR_WORKER_CRASHED",
      exitCode: undefined,
      cause: { code: "ERR_WORKER_INVALID_EXEC_ARGV" },
    });
  });
});

describe("a task that never ends", () => {
  test.each(["hang", "wait"])("by %s: it fails when its time is over, and others are done", async (how) => {
    const clock = new ManualClock();
    const pool = poolOf({}, clock);
    await warm(pool);
    const begun = new Int32Array(new SharedArrayBuffer(4));
    const before = [1, 2].map((x) => pool.run(increment, [x]));
    const culprit = pool.run(crash, [how, begun], { timeoutMs: 50 });
    const after = [3, 4].map((x) => pool.run(increment, [x]));
    const failure = expect(culprit).rejects.toMatchObject({ code: "VICTOR_DEADLINE", timeoutMs: 50 });
    // One that hasn't begun by then costs no thread.
    while (Atomics.load(begun, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    clock.pass(50);
    await failure;
    expect(await Promise.all([...before, ...after])).toEqual([2, 3, 4, 5]);
    expect(pool.stats()).toMatchObject({ timeouts: 1, started: 2, crashes: 0 });
  });

  test.each(["hang", "wait"])("by %s: is ended by its signal", async (how) => {
    const pool = poolOf();
    const controller = new AbortController();
    const culprit = pool.run(crash, [how], { signal: controller.signal });
    while (pool.stats().running === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort(new Error("enough"));
    await expect(culprit).rejects.toThrow("enough");
    expect(await pool.run(increment, [1])).toBe(2);
  });

  test("is cut off when closing takes too long", async () => {
    const pool = poolOf();
    const culprit = pool.run(crash, ["hang"]);
    const failure = expect(culprit).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
    await pool.close({ timeoutMs: 100 });
    await failure;
  });
});

describe("a signal", () => {
  test("that is aborted already lets nothing begin", async () => {
    const pool = poolOf();
    await expect(pool.run(increment, [1], { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(pool.stats().started).toBe(0);
  });

  test("takes back a task that waits, and costs no thread", async () => {
    const pool = poolOf();
    const controller = new AbortController();
    const slow = pool.run(async () => await new Promise((resolve) => setTimeout(resolve, 30, "slow")), []);
    const waiting = pool.run(increment, [1], { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    expect(await slow).toBe("slow");
    expect(pool.stats()).toMatchObject({ aborted: 1, started: 1 });
  });
});

test("threads that crash all the time, beside tasks that don't: each task settles, the right way", async () => {
  const pool = poolOf({ maxWorkers: 2 });
  const tasks = Array.from({ length: 60 }, (_, i) =>
    i % 10 === 3
      ? pool.run(crash, [["exit", "uncaught", "hang"][i % 3]!], { timeoutMs: i % 3 === 2 ? 200 : 60_000 })
      : pool.run(increment, [i]),
  );
  const settled = await Promise.allSettled(tasks);
  for (const [i, result] of settled.entries())
    if (i % 10 !== 3) expect(result).toEqual({ status: "fulfilled", value: i + 1 });
    else expect((result as PromiseRejectedResult).reason.code).toMatch(/^VICTOR_(WORKER_CRASHED|DEADLINE)$/);
  expect(pool.stats()).toMatchObject({ queued: 0, running: 0, completed: 54 });
});
