import { afterEach, describe, expect, test } from "vitest";
import { WorkerPool, type WorkerPoolGround } from "../../../src/concurrency/worker-pool.ts";
import type { RunOptions, WorkerPoolOptions } from "../../../src/concurrency/worker-pool-options.ts";
import { availableCpus } from "../../../src/concurrency/worker-sizing.ts";
import type { StartThread } from "../../../src/concurrency/worker-thread.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { instant, lasting, SimulatedThreads } from "../../support/simulated-threads.ts";

const setUp = (options: WorkerPoolOptions = {}) => {
  const clock = new FakeClock();
  const threads = new SimulatedThreads(clock);
  const ground: WorkerPoolGround = { clock, startThread: threads.start };
  return { clock, threads, pool: new WorkerPool(options, ground) };
};
/** Messages go back and forth until nothing happens any more; tasks that last go on. */
const talk = async ({ threads }: { threads: SimulatedThreads }): Promise<void> => {
  for (let i = 0; i < 10; i++) {
    await settle();
    for (const thread of threads.living) {
      thread.deliverToThread();
      thread.deliverToPool();
    }
  }
};

afterEach(() => {
  globalThis.simulatedThreads = undefined;
});

describe("messages", () => {
  test("tasks of a function that has proved short, submitted together, go to a thread in one", async () => {
    const at = setUp();
    const first = at.pool.run(instant, [0]);
    await talk(at);
    await first;
    const all = Promise.all(Array.from({ length: 64 }, (_, i) => at.pool.run(instant, [i])));
    await settle();
    const [thread] = at.threads.threads;
    expect(thread?.toThread.map((message) => (message as unknown[]).length / 4)).toEqual([64]);
    thread?.deliverToThread();
    expect(thread?.toPool.map((message) => message.length / 3)).toEqual([64]);
    thread?.deliverToPool();
    expect(await all).toEqual(Array.from({ length: 64 }, (_, i) => i));
    await at.pool.close();
  });

  test("tasks that went out in several messages come together again", async () => {
    const at = setUp({ maxWorkers: 1 });
    const first = at.pool.run(instant, [0]);
    await talk(at);
    await first;
    const [thread] = at.threads.threads;
    const again = [1, 2, 3].map(async (id) => {
      // Each of them is submitted, and once more when answered, in a turn of its own.
      for (let i = 1; i < id; i++) await settle();
      await at.pool.run(instant, [id]);
      return at.pool.run(instant, [10 * id]);
    });
    for (let i = 0; i < 4; i++) await settle();
    expect(thread?.toThread.length).toBe(3);
    for (let i = 0; i < 3; i++) thread?.deliverToThread();
    for (let i = 0; i < 3; i++) {
      thread?.deliverToPool();
      await new Promise((resolve) => process.nextTick(resolve));
    }
    await settle();
    expect(thread?.toThread.map((message) => (message as unknown[]).length / 4)).toEqual([3]);
    await talk(at);
    expect(await Promise.all(again)).toEqual([10, 20, 30]);
    await at.pool.close();
  });

  test("tasks of a function that takes long go to a thread each", async () => {
    const at = setUp({ maxWorkers: 2, minWorkers: 2 });
    const first = at.pool.run(lasting, [0]);
    await talk(at);
    await at.clock.advance(50);
    at.threads.finish(0);
    await talk(at);
    await first;
    const rest = [1, 2, 3].map((id) => at.pool.run(lasting, [id]));
    await talk(at);
    expect(at.pool.stats()).toMatchObject({ busy: 2, running: 2, queued: 1 });
    expect(at.threads.running.map(({ id }) => id)).toEqual([1, 2]);
    for (let i = 0; i < 3; i++) {
      at.threads.finish(0);
      await talk(at);
    }
    expect(await Promise.all(rest)).toEqual([1, 2, 3]);
    await at.pool.close();
  });

  test("what waits behind a task that suddenly takes long is done by another thread", async () => {
    const at = setUp({ maxWorkers: 2, minWorkers: 2 });
    const first = at.pool.run(lasting, [0]);
    await talk(at);
    at.threads.finish(0);
    await talk(at);
    await first;
    const [slow, ...others] = [1, 2, 3].map((id) => at.pool.run(lasting, [id]));
    await talk(at);
    // All three, since the first run took no time.
    expect(at.threads.running.map(({ id, thread }) => [id, at.threads.threads.indexOf(thread)])).toEqual([
      [1, 0],
    ]);
    await at.clock.advance(8);
    await talk(at);
    expect(at.threads.running.map(({ id, thread }) => [id, at.threads.threads.indexOf(thread)])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    at.threads.finish(1);
    await talk(at);
    at.threads.finish(1);
    await talk(at);
    expect(await Promise.all(others)).toEqual([2, 3]);
    at.threads.finish(0);
    await talk(at);
    expect(await slow).toBe(1);
    await at.pool.close();
  });
});

describe("size", () => {
  test("without options, threads come with the first task, and as many as there are processors at most", async () => {
    const { pool, threads } = setUp();
    expect([pool.stats().workers, pool.stats().maxWorkers]).toEqual([0, availableCpus()]);
    pool.run(lasting, [1]).catch(() => undefined);
    await settle();
    expect(threads.threads.length).toBe(1);
  });

  test("the least number is started at once, and kept", async () => {
    const at = setUp({ minWorkers: 2, idleTimeoutMs: 10 });
    expect(at.threads.threads.length).toBe(2);
    await talk(at);
    await at.clock.advance(100);
    expect(at.pool.stats().workers).toBe(2);
    await at.pool.close();
  });

  test("threads that end before they have answered anything are not replaced until a task needs them", async () => {
    const at = setUp({ minWorkers: 1 });
    await talk(at);
    at.threads.living[0]?.exit(1);
    await talk(at);
    expect(at.pool.stats()).toMatchObject({ workers: 0, crashes: 1 });
    const task = at.pool.run(instant, [1]);
    await talk(at);
    expect(await task).toBe(1);
    at.threads.living[0]?.exit(1);
    await talk(at);
    expect(at.pool.stats()).toMatchObject({ workers: 1, crashes: 2 });
    await at.pool.close();
  });

  test("an idle thread is stopped after its time, not before, and comes back when needed", async () => {
    const at = setUp({ idleTimeoutMs: 1000 });
    const first = at.pool.run(instant, [1]);
    await talk(at);
    await first;
    await at.clock.advance(999);
    expect(at.pool.stats().workers).toBe(1);
    await at.clock.advance(1);
    expect(at.pool.stats()).toMatchObject({ workers: 0, crashes: 0 });
    const second = at.pool.run(instant, [2]);
    await talk(at);
    expect(await second).toBe(2);
    await at.pool.close();
  });

  test("a pool made smaller loses idle threads at once and busy ones after their task", async () => {
    const at = setUp({ minWorkers: 3, maxWorkers: 3 });
    const task = at.pool.run(lasting, [1]);
    await talk(at);
    at.pool.resize({ minWorkers: 0, maxWorkers: 1 });
    expect(at.pool.stats().workers).toBe(1);
    at.threads.finish(0);
    await talk(at);
    expect(await task).toBe(1);
    await at.pool.close();
  });

  test("threads that can't start fail the tasks that wait, with the reason", async () => {
    const at = setUp();
    const task = at.pool.run(instant, [1]);
    for (let i = 0; i < 3; i++) {
      await settle();
      // It never said that it is ready.
      at.threads.living[0]?.toPool.pop();
      at.threads.living[0]?.exit(1, new Error("no room"));
    }
    await expect(task).rejects.toMatchObject({
      code: "VICTOR_WORKER_CRASHED",
      started: false,
      exitCode: 1,
      cause: { message: "no room" },
    });
    expect(at.threads.threads.length).toBe(3);
  });
});

test("where no more threads can be started, those that there are do what waits, and it is tried again later", async () => {
  const clock = new FakeClock();
  const threads = new SimulatedThreads(clock);
  let tries = 0;
  const startThread: StartThread = (...given) => {
    if (threads.threads.length > 0 && ++tries <= 2) throw new Error("no more threads");
    return threads.start(...given);
  };
  const pool = new WorkerPool({ maxWorkers: 2 }, { clock, startThread });
  const all = [1, 2].map((id) => pool.run(lasting, [id]));
  await talk({ threads });
  for (const id of [3, 4]) all.push(pool.run(lasting, [id]));
  await clock.advance(900);
  expect([tries, pool.stats().running, pool.stats().queued]).toEqual([1, 1, 3]);
  threads.finish(0);
  await talk({ threads });
  expect(await all[0]).toBe(1);
  await clock.advance(2000);
  await talk({ threads });
  expect([tries, pool.stats().workers]).toEqual([3, 2]);
  for (let i = 0; i < 10; i++) {
    threads.step();
    await settle();
  }
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4]);
  await pool.close();
});

describe("bounds", () => {
  test("one task more than the queue takes is refused", async () => {
    const at = setUp({ queueLimit: 2 });
    const taken = [1, 2].map((id) => at.pool.run(instant, [id]));
    await expect(at.pool.run(instant, [3])).rejects.toMatchObject({
      code: "VICTOR_WORKER_QUEUE_FULL",
      queueLimit: 2,
    });
    expect(at.pool.stats()).toMatchObject({ queued: 2, refused: 1 });
    await talk(at);
    expect(await Promise.all(taken)).toEqual([1, 2]);
    await at.pool.close();
  });

  test("a thread that always ends before it begins a task doesn't make the task wait for ever", async () => {
    const at = setUp();
    const task = at.pool.run(instant, [1]);
    const failure = expect(task).rejects.toMatchObject({ code: "VICTOR_WORKER_CRASHED", started: false });
    for (let i = 0; i < 11; i++) {
      await settle();
      at.threads.living[0]?.deliverToPool();
      at.threads.living[0]?.exit(1);
    }
    await failure;
    await at.pool.close();
  });

  test("a task out of time fails while it waits, and its thread ends if it runs", async () => {
    const at = setUp({ maxWorkers: 1, timeoutMs: 30 });
    const running = at.pool.run(lasting, [1]);
    const waiting = at.pool.run(lasting, [2], { timeoutMs: 20 });
    const patient = at.pool.run(lasting, [3], { timeoutMs: Number.POSITIVE_INFINITY });
    const failures = Promise.allSettled([running, waiting]);
    await talk(at);
    await at.clock.advance(30);
    const codes = (await failures).map((result) => (result as PromiseRejectedResult).reason.message);
    expect(codes).toEqual([
      "worker task lasting: running: not done within 30 ms",
      "worker task lasting: waiting for a thread: not done within 20 ms",
    ]);
    expect(at.threads.threads[0]?.isEnding).toBe(true);
    at.threads.threads[0]?.exit(1);
    await talk(at);
    at.threads.finish(at.threads.running.findIndex(({ id }) => id === 3));
    await talk(at);
    expect(await patient).toBe(3);
    expect(at.pool.stats()).toMatchObject({ timeouts: 2, completed: 1, crashes: 0, started: 2 });
    await at.pool.close();
  });

  test("a task whose answer is under way when its time is over costs no thread", async () => {
    const at = setUp({ maxWorkers: 1 });
    const task = at.pool.run(lasting, [1], { timeoutMs: 20 });
    const failure = expect(task).rejects.toMatchObject({ code: "VICTOR_DEADLINE" });
    await talk(at);
    at.threads.finish(0);
    await at.clock.advance(20);
    await failure;
    await talk(at);
    expect([at.threads.threads[0]?.isEnding, at.pool.stats().started]).toEqual([false, 1]);
    await at.pool.close();
  });

  test("a closed pool takes nothing, and a second close waits for the first", async () => {
    const at = setUp();
    const task = at.pool.run(lasting, [1]);
    await talk(at);
    const closes = Promise.all([at.pool.close(), at.pool.close()]);
    await expect(at.pool.run(instant, [2])).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
    at.threads.finish(0);
    await talk(at);
    expect(await task).toBe(1);
    await closes;
    expect(at.pool.stats().workers).toBe(0);
  });

  test("what hasn't settled when closing takes too long is cut off", async () => {
    const at = setUp({ maxWorkers: 1 });
    const tasks = Promise.allSettled([at.pool.run(lasting, [1]), at.pool.run(lasting, [2])]);
    await talk(at);
    const closed = at.pool.close({ timeoutMs: 100 });
    await at.clock.advance(100);
    expect((await tasks).map((task) => (task as PromiseRejectedResult).reason.code)).toEqual([
      "VICTOR_CLOSED",
      "VICTOR_CLOSED",
    ]);
    await closed;
  });
});

test("a function whose name is no text is called as one without a name", async () => {
  const at = setUp();
  const nameless = Object.defineProperty((id: number): number => id, "name", { value: Symbol("no text") });
  const task = at.pool.run(nameless, [1]);
  await talk(at);
  expect(await task).toBe(1);
  await at.pool.close();
});

describe("arguments that are looked at when they are sent", () => {
  const reason = new Error("enough");

  test("a task that is aborted then, and whose arguments throw, settles once", async () => {
    const at = setUp({ maxWorkers: 1 });
    const controller = new AbortController();
    const args = {
      get value() {
        controller.abort(reason);
        throw new Error("not for you");
      },
    };
    const task = at.pool.run((given: unknown) => given, [args], { signal: controller.signal });
    const failure = expect(task).rejects.toBe(reason);
    await talk(at);
    await failure;
    expect(at.pool.stats()).toMatchObject({ running: 0, busy: 0, queued: 0, aborted: 1, failed: 0 });
    const next = at.pool.run(instant, [1]);
    await talk(at);
    expect(await next).toBe(1);
    await at.pool.close();
  });

  test("a task that is aborted then, before it is sent, doesn't begin", async () => {
    const at = setUp({ maxWorkers: 1 });
    const first = at.pool.run(instant, [0]);
    await talk(at);
    await first;
    const controller = new AbortController();
    const args = {
      get value() {
        controller.abort(reason);
        return 1;
      },
    };
    // Both have objects, so they go in a message each.
    const aborting = at.pool.run(instant as (given: unknown) => unknown, [args]);
    const aborted = at.pool.run(instant as (given: unknown) => unknown, [{ id: 1 }], {
      signal: controller.signal,
    });
    const failure = expect(aborted).rejects.toBe(reason);
    await talk(at);
    await failure;
    expect(await aborting).toEqual({ value: 1 });
    expect(at.threads.begun.size).toBe(2);
    expect(at.pool.stats()).toMatchObject({ running: 0, busy: 0, started: 1, crashes: 0 });
    await at.pool.close();
  });
});

describe("a caller's mistake", () => {
  test.each<[string, WorkerPoolOptions]>([
    ["no thread at all", { maxWorkers: 0 }],
    ["half a thread", { maxWorkers: 1.5 }],
    ["NaN threads", { maxWorkers: Number.NaN }],
    ["fewer than none", { minWorkers: -1 }],
    ["more at least than at most", { minWorkers: 3, maxWorkers: 2 }],
    ["no queue", { queueLimit: 0 }],
    ["a negative time", { idleTimeoutMs: -1 }],
    ["no number of retries", { maxRetries: Number.NaN }],
    ["an empty name", { name: "" }],
    ["an unknown option", { threads: 2 } as WorkerPoolOptions],
  ])("is %s", (_, options) => {
    expect(() => setUp(options)).toThrow(/expected|unknown option/);
  });

  test.each<[string, unknown, RunOptions]>([
    ["arguments that are no array", 5, {}],
    ["a transfer list that is no array", [], { transfer: {} as [] }],
    ["a signal that is none", [], { signal: {} as AbortSignal }],
    ["a negative time", [], { timeoutMs: -1 }],
    ["yes for true", [], { idempotent: "yes" as unknown as boolean }],
    ["an unknown option", [], { timeout: 5 } as RunOptions],
  ])("is %s", async (_, args, options) => {
    const { pool, threads } = setUp();
    await expect(pool.run("./file.js", args as [], options)).rejects.toThrow(/expected|unknown option/);
    expect([pool.stats().queued, threads.threads.length]).toEqual([0, 0]);
  });
});

test("metrics tell threads by state, tasks by outcome, and times in seconds", async () => {
  const at = setUp({ name: "images" });
  const done = at.pool.run(lasting, [1]);
  await talk(at);
  await at.clock.advance(2000);
  at.threads.finish(0);
  await talk(at);
  await done;
  const samples = [...at.pool.collect()];
  const value = (name: string, key?: string, label?: string) => {
    const found = samples.find(
      (sample) => sample.name === `victor.worker_pool.${name}` && (!key || sample.labels[key] === label),
    );
    return found?.type === "histogram" ? found.histogram.max : found?.value;
  };
  expect(samples.every(({ labels }) => labels["victor.worker_pool.name"] === "images")).toBe(true);
  expect(value("threads", "victor.worker_pool.state", "idle")).toBe(1);
  expect(value("tasks", "victor.worker_pool.outcome", "completed")).toBe(1);
  expect(value("run_time")).toBe(2);
  await at.pool.close();
});
