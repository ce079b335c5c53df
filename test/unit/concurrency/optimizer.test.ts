import { afterEach, describe, expect, test, vi } from "vitest";
import { ConcurrencyOptimizer } from "../../../src/concurrency/optimizer.ts";
import { ClosedError, ParallelTaskError } from "../../../src/errors.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { prometheusText } from "../../../src/metrics/prometheus-text.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const boom = new Error("boom");
/** Stands still, so that no run gives the event loop its turn while a test looks. */
const clock = new FakeClock();
const gates = (count: number): PromiseWithResolvers<number>[] =>
  Array.from({ length: count }, () => Promise.withResolvers<number>());

/** Counts of an optimizer's tasks. */
function counts(
  optimizer: ConcurrencyOptimizer,
): readonly [active: number, completed: number, failed: number] {
  const { active, completed, failed } = optimizer.getStats().tasks;
  return [active, completed, failed];
}

/** Ends when its signal aborts, if not before. */
const until =
  (promise: Promise<number>) =>
  (signal: AbortSignal): Promise<number> =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      promise.then(resolve, reject);
    });

afterEach(() => {
  vi.useRealTimers();
});

describe("tasks", () => {
  test("are active while they run and completed afterwards, by whatever method they came", async () => {
    const optimizer = new ConcurrencyOptimizer();
    expect(counts(optimizer)).toEqual([0, 0, 0]);
    const [one, two, three] = gates(3) as [
      PromiseWithResolvers<number>,
      PromiseWithResolvers<number>,
      PromiseWithResolvers<number>,
    ];
    const running = optimizer.executeInParallel(
      [() => one.promise, () => two.promise, () => three.promise, () => 4],
      { maxConcurrency: 2, clock },
    );
    await settle();
    expect(counts(optimizer)).toEqual([2, 0, 0]);
    one.resolve(1);
    await settle();
    expect(counts(optimizer)).toEqual([2, 1, 0]);
    two.resolve(2);
    await settle();
    expect(counts(optimizer)).toEqual([1, 3, 0]);
    three.resolve(3);
    expect(await running).toEqual([1, 2, 3, 4]);
    expect(counts(optimizer)).toEqual([0, 4, 0]);

    expect(await optimizer.mapConcurrent(new Set([1, 2]), async (item) => item + 1)).toEqual([2, 3]);
    expect(counts(optimizer)).toEqual([0, 6, 0]);
    expect(await optimizer.executeBatch((item) => item, [1, 2, 3], { batchSize: 2 })).toEqual([1, 2, 3]);
    expect(counts(optimizer)).toEqual([0, 9, 0]);
    expect(await optimizer.settleInParallel([() => 1, () => Promise.reject(boom)])).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: boom },
    ]);
    expect(counts(optimizer)).toEqual([0, 10, 1]);
  });

  test("that give up since another failed are neither active nor failed, those that go on are active", async () => {
    const optimizer = new ConcurrencyOptimizer();
    const [first, second, third] = gates(3);
    const running = optimizer.executeInParallel(
      [() => first!.promise, until(second!.promise), () => third!.promise],
      { clock },
    );
    await settle();
    expect(counts(optimizer)).toEqual([3, 0, 0]);
    first!.reject(boom);
    await settle();
    expect(counts(optimizer)).toEqual([1, 0, 1]);
    third!.resolve(3);
    await expect(running).rejects.toMatchObject({
      code: "VICTOR_PARALLEL_TASK",
      index: 0,
      cause: boom,
      done: 1,
    });
    expect(counts(optimizer)).toEqual([0, 1, 1]);
  });

  test("that an abort ends count for nothing, nor does one that was pulled but not begun", async () => {
    const optimizer = new ConcurrencyOptimizer();
    const controller = new AbortController();
    const [never, late] = gates(2);
    function* tasks() {
      yield until(never!.promise);
      yield () => late!.promise;
      controller.abort(boom);
      yield () => 3;
    }
    const running = optimizer.executeInParallel(tasks(), { signal: controller.signal, clock });
    running.catch(() => undefined);
    await settle();
    expect(counts(optimizer)).toEqual([1, 0, 0]);
    late!.resolve(2);
    await expect(running).rejects.toBe(boom);
    expect(counts(optimizer)).toEqual([0, 1, 0]);
    await expect(optimizer.executeInParallel([() => 1], { signal: controller.signal })).rejects.toBe(boom);
    expect(counts(optimizer)).toEqual([0, 1, 0]);
  });

  test("that fail while others go on are all counted", async () => {
    const optimizer = new ConcurrencyOptimizer();
    const tasks = [0, 1, 2, 3].map((i) => () => (i % 2 === 0 ? i : Promise.reject(boom)));
    await expect(optimizer.executeInParallel(tasks, { stopOnError: false })).rejects.toThrow(
      ParallelTaskError,
    );
    expect(counts(optimizer)).toEqual([0, 2, 2]);
  });

  test("out of time have failed, and what becomes of them later changes nothing", async () => {
    const optimizer = new ConcurrencyOptimizer();
    const time = new FakeClock();
    const [slow] = gates(1);
    const running = optimizer.settleInParallel([() => slow!.promise, () => 2], { timeoutMs: 5, clock: time });
    await time.advance(5);
    expect(await running).toMatchObject([{ reason: { code: "VICTOR_DEADLINE" } }, { value: 2 }]);
    expect(counts(optimizer)).toEqual([0, 1, 1]);
    slow!.resolve(1);
    await settle();
    expect(counts(optimizer)).toEqual([0, 1, 1]);
  });

  test("inside of tasks are counted beside those around them", async () => {
    const optimizer = new ConcurrencyOptimizer();
    const inner = gates(2);
    const innerTasks = inner.map(
      ({ promise }) =>
        () =>
          promise,
    );
    const running = optimizer.mapConcurrent(
      [0, 1],
      () => optimizer.executeInParallel(innerTasks, { clock }),
      { clock },
    );
    await settle();
    expect(counts(optimizer)).toEqual([2 + 4, 0, 0]);
    inner[0]!.resolve(1);
    await settle();
    expect(counts(optimizer)).toEqual([2 + 2, 2, 0]);
    inner[1]!.reject(boom);
    await expect(running).rejects.toThrow("task 0 failed: task 1 failed: boom");
    await settle();
    // Each of the two around has failed with its inner one.
    expect(counts(optimizer)).toEqual([0, 2, 2 + 2]);
  });

  test.each<[string, (optimizer: ConcurrencyOptimizer) => Promise<unknown>, string]>([
    [
      "nothing to go through",
      (o) => o.executeInParallel(null as never),
      "expected something to iterate over",
    ],
    ["no function among the tasks", (o) => o.settleInParallel([5 as never]), "tasks[0]: expected a function"],
    [
      "no function to call",
      (o) => o.mapConcurrent([1], undefined as never),
      "mapConcurrent: expected a function",
    ],
    ["no function for a batch", (o) => o.executeBatch(1 as never, [1]), "executeBatch: expected a function"],
    ["a wrong option", (o) => o.executeInParallel([], { maxConcurrency: 0 }), "maxConcurrency: expected"],
    ["an unknown option", (o) => o.executeBatch(() => 1, [], { size: 1 } as object), 'unknown option "size"'],
    [
      "stopOnError where nothing stops",
      (o) => o.settleInParallel([], { stopOnError: true } as object),
      "unknown option",
    ],
  ])("a caller's mistake, such as %s, rejects and counts for nothing", async (_, call, message) => {
    const optimizer = new ConcurrencyOptimizer();
    await expect(call(optimizer)).rejects.toThrow(message);
    expect(counts(optimizer)).toEqual([0, 0, 0]);
  });
});

describe("times", () => {
  test("are taken of one task in 16, from call to start and from start to end", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const optimizer = new ConcurrencyOptimizer();
    const first = Promise.withResolvers<void>();
    const running = optimizer.mapConcurrent(
      Array.from({ length: 33 }, (_, i) => i),
      async (i) => {
        if (i === 0) await first.promise;
      },
      { maxConcurrency: 1 },
    );
    vi.advanceTimersByTime(40);
    first.resolve();
    await running;
    const { waitMs, runMs } = optimizer.getStats().tasks;
    expect(waitMs).toMatchObject({ count: 3, max: 40 });
    expect(runMs).toMatchObject({ count: 3, max: 40 });
  });

  test.each<[string, () => unknown]>([
    [
      "fails at once",
      () => {
        throw boom;
      },
    ],
    ["fails later", () => Promise.reject(boom)],
    ["returns at once", () => 1],
  ])("are taken of a task that %s", async (_, task) => {
    const optimizer = new ConcurrencyOptimizer();
    await optimizer.settleInParallel([task]);
    expect(optimizer.getStats().tasks).toMatchObject({ waitMs: { count: 1 }, runMs: { count: 1 } });
  });

  test("of something awaitable that is no promise last until it is done, and it is begun once", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const optimizer = new ConcurrencyOptimizer();
    const done = Promise.withResolvers<string>();
    let begun = 0;
    const query = {
      // biome-ignore lint/suspicious/noThenProperty: a query builder, which runs when it is awaited
      then: (resolve: (value: string) => void) => {
        begun++;
        return done.promise.then(resolve);
      },
    } as PromiseLike<string>;
    const running = optimizer.executeInParallel([() => query]);
    await settle();
    vi.advanceTimersByTime(25);
    done.resolve("rows");
    expect(await running).toEqual(["rows"]);
    expect(begun).toBe(1);
    expect(optimizer.getStats().tasks.runMs).toMatchObject({ count: 1, max: 25 });
  });
});

describe("semaphores and circuit breakers", () => {
  test("are one for each name, with the options of the first call", async () => {
    const optimizer = new ConcurrencyOptimizer();
    const semaphore = optimizer.getSemaphore("api", { limit: 3 });
    expect(optimizer.getSemaphore("api", { limit: 5 })).toBe(semaphore);
    expect(semaphore.limit).toBe(3);
    expect(optimizer.getSemaphore("other").name).toBe("other");
    const breaker = optimizer.getCircuitBreaker("api", { consecutiveFailures: 1 });
    expect(optimizer.getCircuitBreaker("api")).toBe(breaker);
    await breaker.run(() => Promise.reject(boom)).catch(() => undefined);
    const { semaphores, circuitBreakers } = optimizer.getStats();
    expect(Object.keys(semaphores)).toEqual(["api", "other"]);
    expect(circuitBreakers.api).toMatchObject({ failed: 1, state: { kind: "open" } });
  });

  test("refused at construction leave their name free", () => {
    const optimizer = new ConcurrencyOptimizer();
    expect(() => optimizer.getSemaphore("api", { limit: 0 })).toThrow(RangeError);
    expect(() => optimizer.getCircuitBreaker("api", { probes: 0 })).toThrow(RangeError);
    expect(() => optimizer.getSemaphore("")).toThrow("name: expected a name");
    expect(() => optimizer.getSemaphore(undefined as never)).toThrow(RangeError);
    expect(optimizer.getSemaphore("api", { limit: 2 }).limit).toBe(2);
  });

  test.each(["__proto__", "constructor", "toString", 'a "b"\n'])("may be named %j", (name) => {
    const optimizer = new ConcurrencyOptimizer();
    optimizer.getSemaphore(name).tryAcquire();
    optimizer.getCircuitBreaker(name);
    const stats = optimizer.getStats();
    expect(Object.keys(stats.semaphores)).toEqual([name]);
    expect(Object.keys(stats.circuitBreakers)).toEqual([name]);
    expect(stats.activeTasks).toBe(1);
  });

  test("and tasks make up what is active and what waits", async () => {
    const optimizer = new ConcurrencyOptimizer();
    const [gate] = gates(1);
    const running = optimizer.executeInParallel([() => gate!.promise, () => gate!.promise], { clock });
    const semaphore = optimizer.getSemaphore("api", { limit: 4 });
    using heavy = await semaphore.acquire({ weight: 3 });
    using other = await optimizer.getSemaphore("db").acquire();
    const waiting = semaphore.acquire({ weight: 2 });
    expect([heavy.weight, other.weight]).toEqual([3, 1]);
    expect(optimizer.getStats()).toMatchObject({
      activeTasks: 2 + 3 + 1,
      queueDepth: 1,
      threadUtilization: undefined,
      workers: undefined,
    });
    heavy.release();
    (await waiting).release();
    gate!.resolve(1);
    await running;
    expect(optimizer.getStats()).toMatchObject({ activeTasks: 1, queueDepth: 0 });
  });
});

describe("metrics", () => {
  test("come through a registry as Prometheus text, each family once and together", async () => {
    const optimizer = new ConcurrencyOptimizer();
    const registry = new MetricRegistry();
    registry.register(optimizer);
    await optimizer.settleInParallel([() => 1, () => 2, () => Promise.reject(boom)]);
    const permit = await optimizer.getSemaphore("api", { limit: 2 }).acquire();
    await optimizer.getSemaphore("db", { limit: 3 }).run(() => 1);
    await optimizer.getCircuitBreaker("mail").run(() => 1);
    const [gate] = gates(1);
    const running = optimizer.executeInParallel([() => gate!.promise]);
    const text = prometheusText(registry);
    const lines = text.split("\n");
    for (const line of [
      "victor_tasks_active 1",
      "victor_tasks_completed_total 2",
      "victor_tasks_failed_total 1",
      "victor_tasks_run_time_seconds_count 1",
      "victor_tasks_wait_time_seconds_count 2",
      'victor_semaphore_limit{victor_semaphore_name="api"} 2',
      'victor_semaphore_limit{victor_semaphore_name="db"} 3',
      'victor_semaphore_in_flight{victor_semaphore_name="api",victor_semaphore_partition=""} 1',
      'victor_semaphore_acquired_total{victor_semaphore_name="db"} 1',
      'victor_circuit_calls_total{victor_circuit_name="mail",outcome="success"} 1',
    ])
      expect(lines).toContain(line);
    const families = lines.filter((line) => line.startsWith("# TYPE")).map((line) => line.split(" ")[2]);
    expect(new Set(families).size).toBe(families.length);
    expect(text).not.toContain("samples_dropped");
    expect(lines).toContain('victor_metrics_source_errors_total{source="concurrency"} 0');
    permit.release();
    gate!.resolve(1);
    await running;
  });

  test("of two optimizers go side by side, told apart by labels", () => {
    const registry = new MetricRegistry();
    registry.register(new ConcurrencyOptimizer());
    const other = new ConcurrencyOptimizer();
    expect(() => registry.register(other)).toThrow("labels of its own");
    registry.register(other, { part: "import" });
    expect(prometheusText(registry)).toContain('victor_tasks_active{part="import"} 0');
  });
});

describe("closing", () => {
  test("turns away who waits, lets end what runs, and is done when the last permit is back", async () => {
    const optimizer = new ConcurrencyOptimizer();
    const semaphore = optimizer.getSemaphore("api", { limit: 1 });
    const permit = await semaphore.acquire();
    const waiting = semaphore.acquire();
    const [gate] = gates(1);
    const running = optimizer.executeInParallel([() => gate!.promise]);
    let isClosed = false;
    const closing = Promise.all([optimizer.close(), optimizer.close()]).then(() => {
      isClosed = true;
    });
    await expect(waiting).rejects.toThrow(ClosedError);
    await settle();
    expect(isClosed).toBe(false);
    permit.release();
    await closing;
    gate!.resolve(1);
    expect(await running).toEqual([1]);
    expect(counts(optimizer)).toEqual([0, 1, 0]);
    expect(Array.from(optimizer.collect()).length).toBeGreaterThan(0);
  });

  test("means that nothing new begins, and every method says so", async () => {
    const optimizer = new ConcurrencyOptimizer();
    {
      await using closed = optimizer;
      closed.getSemaphore("api");
    }
    let begun = 0;
    const task = () => begun++;
    for (const begin of [
      () => optimizer.executeInParallel([task]),
      () => optimizer.settleInParallel([task]),
      () => optimizer.mapConcurrent([1], task),
      () => optimizer.executeBatch(task, [1]),
    ])
      await expect(begin()).rejects.toThrow("ConcurrencyOptimizer is closed; create a new one");
    expect(() => optimizer.getSemaphore("api")).toThrow(ClosedError);
    expect(() => optimizer.getCircuitBreaker("api")).toThrow(ClosedError);
    expect(begun).toBe(0);
  });
});

test("the process's pools are sized through it too, and put back", () => {
  const change = ConcurrencyOptimizer.configureDefaultThreadPools({ maxWorkers: 3, minWorkers: 0 });
  expect(change).toMatchObject({ maxWorkers: 3, minWorkers: 0 });
  change.undo();
  expect(() => ConcurrencyOptimizer.configureDefaultThreadPools({ maxWorkers: 0 })).toThrow(RangeError);
});
