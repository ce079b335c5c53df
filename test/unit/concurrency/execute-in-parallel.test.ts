import fc from "fast-check";
import { expect, test } from "vitest";
import {
  executeInParallel,
  mapConcurrent,
  settleInParallel,
  type Task,
} from "../../../src/concurrency/execute-in-parallel.ts";
import type { ParallelProgress } from "../../../src/concurrency/parallel-options.ts";
import { DeadlineError, ParallelTaskError } from "../../../src/errors.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { PulledInput } from "../../support/pulled-input.ts";

const boom = new Error("boom");
/** Stands still, so that no turn of the event loop is given for time's sake. */
const still = new FakeClock();

async function failure(promise: Promise<unknown>): Promise<ParallelTaskError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ParallelTaskError);
  return error as ParallelTaskError;
}

/** Ends when its signal aborts, a turn of the event loop later. */
function untilAborted(onEnd: () => void = () => undefined): Task<never> {
  return (signal) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () =>
        setImmediate(() => {
          onEnd();
          reject(signal.reason);
        }),
      );
    });
}

test("results come in the order of the tasks, whatever order they are done in", async () => {
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<string>());
  const running = executeInParallel(
    gates.map(
      ({ promise }) =>
        () =>
          promise,
    ),
  );
  for (const i of [3, 1, 4, 0, 2]) {
    gates[i]!.resolve(`result ${i}`);
    await settle();
  }
  expect(await running).toEqual([0, 1, 2, 3, 4].map((i) => `result ${i}`));
});

test("for any mix of tasks and concurrency, all run, never more at once than allowed, and as many as allowed", async () => {
  const kinds = fc.array(fc.constantFrom("value", "async", "immediate", "thenable"), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      kinds,
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom("array", "sync", "async"),
      async (list, maxConcurrency, kind) => {
        let running = 0;
        let peak = 0;
        const tasks = list.map(
          (kindOfTask, i): Task<number> =>
            () => {
              if (kindOfTask === "value") return i;
              peak = Math.max(peak, ++running);
              const done = () => {
                running--;
                return i;
              };
              if (kindOfTask === "async") return Promise.resolve().then(done);
              if (kindOfTask === "immediate")
                return new Promise((resolve) => setImmediate(() => resolve(done())));
              return {
                // biome-ignore lint/suspicious/noThenProperty: no promise, but awaited like one
                then: (resolve, reject) => Promise.resolve().then(done).then(resolve, reject),
              } as PromiseLike<number>;
            },
        );
        const input = new PulledInput(tasks);
        const results = await executeInParallel(
          kind === "array" ? tasks : kind === "sync" ? input.sync() : input.async(),
          { maxConcurrency, clock: still },
        );
        expect(results).toEqual(list.map((_, i) => i));
        expect(running).toBe(0);
        expect(peak).toBeLessThanOrEqual(maxConcurrency);
        const pending = list.filter((k) => k === "immediate").length;
        if (pending === list.length) expect(peak).toBe(Math.min(maxConcurrency, list.length));
      },
    ),
    { numRuns: 200 },
  );
});

test.each(["sync", "async"] as const)(
  "a lazy %s input is never pulled further than tasks can run",
  async (kind) => {
    const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
    const input = new PulledInput(
      gates.map(
        ({ promise }) =>
          () =>
            promise,
      ),
    );
    const running = executeInParallel(input[kind](), { maxConcurrency: 2, clock: still });
    await settle();
    expect(input.pulled).toBe(2);
    gates[1]!.resolve();
    await settle();
    expect(input.pulled).toBe(3);
    for (const gate of gates) gate.resolve();
    await running;
    expect(input).toMatchObject({ pulled: 6, returned: 0 });
  },
);

test.each(["sync", "async"] as const)(
  "a failure stops the pulling of a %s input, aborts what runs, waits for it, and names its task",
  async (kind) => {
    const ended: string[] = [];
    const tasks: Task<unknown>[] = [
      untilAborted(() => ended.push("first")),
      () => "done",
      () => Promise.reject(boom),
      untilAborted(() => ended.push("fourth")),
      () => ended.push("never started"),
    ];
    const input = new PulledInput(tasks);
    const error = await failure(executeInParallel(input[kind](), { maxConcurrency: 2, clock: still }));
    expect(error).toMatchObject({
      code: "VICTOR_PARALLEL_TASK",
      part: "task",
      index: 2,
      done: 1,
      cause: boom,
      errors: [],
    });
    expect(error.message).toBe("task 2 failed: boom (1 done)");
    expect(ended).toEqual(["first"]);
    expect(input).toMatchObject({ pulled: 3, returned: 1 });
  },
);

test("tasks that fail after the first are told in errors, but not those that end because they were told to", async () => {
  const late = new Error("late");
  const error = await failure(
    executeInParallel([
      untilAborted(),
      (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(late))),
      () => {
        throw boom;
      },
    ]),
  );
  expect(error).toMatchObject({ index: 2, cause: boom, errors: [{ part: "task", index: 1, error: late }] });
  expect(error.message).toBe("task 2 failed: boom (0 done, 1 more failed)");
});

test("what is thrown may be anything: a run ends also with what has no text, and with what can't be looked at", async () => {
  const textless: unknown = Object.create(null);
  const thrown = await failure(
    executeInParallel([
      () => {
        throw textless;
      },
    ]),
  );
  expect(thrown.cause).toBe(textless);
  expect(thrown.message).toBe("task 0 failed: what can't be shown: object (0 done)");

  const nameless = Object.defineProperty(new Error("x"), "name", { get: () => JSON.parse("no name") });
  const stopped = await failure(
    executeInParallel([
      () => Promise.reject(boom),
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(nameless));
        }),
    ]),
  );
  expect(stopped.cause).toBe(boom);
  expect(stopped.errors).toEqual([{ part: "task", index: 1, error: nameless }]);
});

test("with stopOnError: false all run, and then the failures are thrown", async () => {
  const ran: number[] = [];
  const tasks = [0, 1, 2, 3].map((i) => () => {
    ran.push(i);
    if (i % 2 === 1) throw new Error(`odd ${i}`);
    return i;
  });
  const error = await failure(executeInParallel(tasks, { stopOnError: false }));
  expect(ran).toEqual([0, 1, 2, 3]);
  expect(error).toMatchObject({ index: 1, done: 2, errors: [{ part: "task", index: 3 }] });
});

test("each result has the type of its task", async () => {
  const [one, two] = await executeInParallel([() => 1, async () => "two"]);
  const sum: number = one + two.length;
  expect(sum).toBe(4);
  const list: Task<number>[] = [() => 1];
  const results: number[] = await executeInParallel(list);
  const lazy: number[] = await executeInParallel(new Set(list));
  expect([results, lazy]).toEqual([[1], [1]]);
});

test("settleInParallel says what became of each task", async () => {
  const results = await settleInParallel([
    () => 1,
    () => Promise.reject(boom),
    async () => "three",
    () => undefined,
  ]);
  expect(results).toEqual([
    { status: "fulfilled", value: 1 },
    { status: "rejected", reason: boom },
    { status: "fulfilled", value: "three" },
    { status: "fulfilled", value: undefined },
  ]);
});

test("a signal that aborts stops all, and its reason is thrown when nothing runs any more", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const ended: number[] = [];
  const input = new PulledInput([
    untilAborted(() => ended.push(0)),
    untilAborted(() => ended.push(1)),
    () => ended.push(2),
  ]);
  const running = executeInParallel(input.sync(), {
    maxConcurrency: 2,
    signal: controller.signal,
    clock: still,
  });
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
  expect(ended).toEqual([0, 1]);
  expect(input).toMatchObject({ pulled: 2, returned: 1 });
});

test("with a signal that has aborted nothing is pulled", async () => {
  const input = new PulledInput([() => 1]);
  await expect(executeInParallel(input.sync(), { signal: AbortSignal.abort(boom) })).rejects.toBe(boom);
  expect(input.pulled).toBe(0);
});

test("a signal that aborts ends the wait for an input that never comes", async () => {
  const controller = new AbortController();
  let asked = 0;
  const silent: AsyncIterable<Task<void>> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        asked++;
        return new Promise(() => undefined);
      },
      return: () => new Promise(() => undefined),
    }),
  };
  const running = executeInParallel(silent, { signal: controller.signal });
  await settle();
  controller.abort(boom);
  await expect(running).rejects.toBe(boom);
  expect(asked).toBe(1);
});

test("tasks that never leave the microtask queue leave the event loop its turns, so that a timer can stop them", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(boom), 1);
  function* endless(): Generator<Task<number>> {
    for (;;) {
      yield () => 1;
      yield async () => 2;
      yield () => Promise.reject(boom);
    }
  }
  await expect(settleInParallel(endless(), { signal: controller.signal })).rejects.toBe(boom);
});

test("a million trivial tasks need no stack", async () => {
  const task = () => 1;
  const resolved = Promise.resolve(1);
  const results = await executeInParallel(
    Array.from({ length: 1_000_000 }, () => task),
    { maxConcurrency: 3 },
  );
  expect(results.length).toBe(1_000_000);
  const inTurn = await mapConcurrent(results, () => resolved, { maxConcurrency: 2 });
  expect(inTurn[999_999]).toBe(1);
  const asynchronous = await mapConcurrent(new Array(100_000).fill(0), () => resolved, {
    maxConcurrency: Number.POSITIVE_INFINITY,
  });
  expect(asynchronous[99_999]).toBe(1);
});

test("a task that hangs past timeoutMs has failed with a deadline, its signal aborts, and it is waited for no longer", async () => {
  const clock = new FakeClock();
  const signals: AbortSignal[] = [];
  const hang: Task<never> = (signal) => {
    signals.push(signal);
    return new Promise(() => undefined);
  };
  const running = settleInParallel([hang, () => "done", hang, async () => "too"], {
    maxConcurrency: 1,
    timeoutMs: 100,
    clock,
  });
  await clock.advance(100);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  await clock.advance(99);
  expect(signals[1]!.aborted).toBe(false);
  await clock.advance(1);
  const results = await running;
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected", "fulfilled"]);
  expect(signals[1]!.reason).toBeInstanceOf(DeadlineError);
  expect(results[0]).toMatchObject({ reason: { code: "VICTOR_DEADLINE", step: "task 0", timeoutMs: 100 } });
  expect(clock.pending).toBe(0);
});

test("each task has a deadline of its own, and what an abandoned one comes to is ignored", async () => {
  const clock = new FakeClock();
  const gates = [0, 1, 2].map(() => Promise.withResolvers<string>());
  const running = settleInParallel(
    gates.map(
      ({ promise }) =>
        () =>
          promise,
    ),
    { maxConcurrency: 2, timeoutMs: 100, clock },
  );
  await clock.advance(60);
  gates[1]!.resolve("in time");
  await clock.advance(40);
  gates[0]!.reject(new Error("too late to matter"));
  await clock.advance(59);
  gates[2]!.resolve("in time");
  expect(await running).toMatchObject([{ status: "rejected" }, { value: "in time" }, { value: "in time" }]);
  expect(clock.pending).toBe(0);
});

test("an abandoned task that succeeds after all is still a failure, and counted once", async () => {
  const clock = new FakeClock();
  const [late, later] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const seen: ParallelProgress[] = [];
  const running = settleInParallel([() => late.promise, () => later.promise], {
    maxConcurrency: 1,
    timeoutMs: 100,
    clock,
    onProgress: (progress) => seen.push(progress),
  });
  await clock.advance(100);
  late.resolve("too late");
  await settle();
  later.resolve("in time");
  expect(await running).toMatchObject([{ status: "rejected" }, { status: "fulfilled", value: "in time" }]);
  expect(seen.map(({ done, failed }) => [done, failed])).toEqual([
    [0, 1],
    [1, 1],
  ]);
});

test("a failure is answered no later than the deadline of a task that ignores its signal", async () => {
  const clock = new FakeClock();
  const tasks: Task<unknown>[] = [() => new Promise(() => undefined), () => Promise.reject(boom)];
  const running = failure(executeInParallel(tasks, { timeoutMs: 100, clock }));
  await clock.advance(100);
  expect(await running).toMatchObject({
    index: 1,
    cause: boom,
    errors: [{ index: 0, error: { code: "VICTOR_DEADLINE" } }],
  });
});

test("what ends a run is told first, though tasks had failed before", async () => {
  const input = new PulledInput<Task<unknown>>([() => Promise.reject(new Error("before"))], boom);
  const error = await failure(settleInParallel(input.sync(), { maxConcurrency: 1 }));
  expect(error).toMatchObject({ part: "input", index: 1, cause: boom, errors: [{ index: 0 }] });
  const tasks = [() => Promise.reject(new Error("before")), 5 as unknown as Task<void>];
  await expect(settleInParallel(tasks, { maxConcurrency: 1 })).rejects.toThrow(
    "tasks[1]: expected a function",
  );
});

test("with a deadline, a failure aborts the other tasks' own signals", async () => {
  const ended: string[] = [];
  const tasks = [untilAborted(() => ended.push("told")), () => Promise.reject(boom)];
  expect((await failure(executeInParallel(tasks, { timeoutMs: 60_000 }))).index).toBe(1);
  expect(ended).toEqual(["told"]);
});

test("starting tasks without end leaves the event loop its turns too, so that a timer can stop it", async () => {
  const controller = new AbortController();
  const gate = Promise.withResolvers<void>();
  const most = 1_000_000;
  let started = 0;
  function* many(): Generator<Task<void>> {
    for (; started < most; started++) yield () => gate.promise;
  }
  setTimeout(() => {
    controller.abort(boom);
    gate.resolve();
  }, 1);
  const running = executeInParallel(many(), {
    maxConcurrency: Number.POSITIVE_INFINITY,
    signal: controller.signal,
  });
  await expect(running).rejects.toBe(boom);
  expect(started).toBeLessThan(most);
});

test("an input that throws is reported, what runs is told and awaited, and the input isn't asked to return", async () => {
  const ended: string[] = [];
  const input = new PulledInput<Task<unknown>>([untilAborted(() => ended.push("told"))], boom);
  const error = await failure(executeInParallel(input.sync()));
  expect(error).toMatchObject({ part: "input", index: 1, cause: boom });
  expect(error.message).toBe("input failed at task 1: boom (0 done)");
  expect(ended).toEqual(["told"]);
  expect(input.returned).toBe(0);
});

test("an input that can't be begun, gives no result object, or fails to return is reported too", async () => {
  const unopened = {
    [Symbol.iterator]: () => {
      throw boom;
    },
  };
  expect(await failure(executeInParallel(unopened as unknown as Task<void>[]))).toMatchObject({
    part: "input",
    index: 0,
    cause: boom,
  });
  const broken = { [Symbol.iterator]: () => ({ next: () => null }) };
  expect((await failure(executeInParallel(broken as unknown as Task<void>[]))).cause).toBeInstanceOf(
    TypeError,
  );
  const unreturning = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: () => Promise.reject(boom) }),
      return: () => {
        throw new Error("no return");
      },
    }),
  };
  expect(
    (await failure(executeInParallel(unreturning as unknown as Task<void>[], { maxConcurrency: 1 }))).errors,
  ).toMatchObject([{ part: "input", error: { message: "no return" } }]);
});

test("a task that is no function is the caller's mistake, told after what runs has come to rest", async () => {
  const ended: string[] = [];
  const tasks = [untilAborted(() => ended.push("told")), Promise.resolve(1) as unknown as Task<number>];
  await expect(settleInParallel(tasks)).rejects.toThrow(
    new TypeError("tasks[1]: expected a function, got a promise, which runs already; pass () => promise"),
  );
  expect(ended).toEqual(["told"]);
  await expect(executeInParallel([3 as unknown as Task<number>])).rejects.toThrow(
    "tasks[0]: expected a function, got number",
  );
});

test("progress is told after each task, with the total where it is known", async () => {
  const seen: ParallelProgress[] = [];
  const tasks = [() => 1, () => Promise.reject(boom), () => 3];
  await settleInParallel(tasks, { maxConcurrency: 1, onProgress: (progress) => seen.push(progress) });
  expect(seen).toEqual([
    { done: 1, failed: 0, total: 3 },
    { done: 1, failed: 1, total: 3 },
    { done: 2, failed: 1, total: 3 },
  ]);
  seen.length = 0;
  await settleInParallel(new PulledInput(tasks).sync(), { onProgress: (progress) => seen.push(progress) });
  expect(seen.map(({ total }) => total)).toEqual([undefined, undefined, undefined]);
});

test("a progress callback that throws ends the run as a failure does", async () => {
  const input = new PulledInput([() => 1, () => 2]);
  const onProgress = () => {
    throw boom;
  };
  const error = await failure(executeInParallel(input.sync(), { onProgress }));
  expect(error).toMatchObject({ part: "onProgress", index: 0, done: 1, cause: boom });
  expect(input).toMatchObject({ pulled: 1, returned: 1 });
});

test("mapConcurrent gives its function item, index and signal, and keeps order; nothing at all gives nothing", async () => {
  const seen: unknown[] = [];
  const results = await mapConcurrent(new Set(["a", "b"]), (item, index, signal) => {
    seen.push([index, signal.aborted]);
    return item + index;
  });
  expect(results).toEqual(["a0", "b1"]);
  expect(seen).toEqual([
    [0, false],
    [1, false],
  ]);
  expect(await mapConcurrent([], () => 1)).toEqual([]);
});

test("an array that changes while it is gone through counts as it is found", async () => {
  const items = [1, 2, 3];
  const shorten = (item: number) => {
    items.pop();
    return item;
  };
  expect(await mapConcurrent(items, shorten, { maxConcurrency: 1 })).toEqual([1, 2]);
});

test.each([
  ["maxConcurrency", 0],
  ["maxConcurrency", -1],
  ["maxConcurrency", 1.5],
  ["maxConcurrency", Number.NaN],
  ["timeoutMs", 0],
  ["timeoutMs", Number.NaN],
  ["stopOnError", 1],
  ["signal", {}],
  ["onProgress", 1],
])("refuses %s: %s", async (name, value) => {
  expect(() => executeInParallel([], { [name]: value })).toThrow(RangeError);
});

test("refuses what can't be gone through, an unknown option, and a missing function", async () => {
  await expect(executeInParallel(5 as unknown as Task<void>[])).rejects.toThrow(TypeError);
  expect(() => executeInParallel([], { limit: 3 } as object)).toThrow('unknown option "limit"');
  expect(() => settleInParallel([], { stopOnError: true } as object)).toThrow('unknown option "stopOnError"');
  expect(() => mapConcurrent([], undefined as unknown as () => void)).toThrow(TypeError);
});
