import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { WorkerPool, type WorkerPoolOptions } from "../../../src/concurrency/index.ts";
import { currentTaskContext, type TaskContext } from "../../../src/concurrency/task-context.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { SimulatedThreads } from "../../support/simulated-threads.ts";

declare global {
  var seeContext: ((id: number) => Promise<void> | undefined) | undefined;
}
/** For `pool.run`; looks at its context, and, if odd, again when it has waited. */
const look = (id: number): Promise<void> | undefined => globalThis.seeContext!(id);

/** As a thread sees a context: origins are copies there. */
const shown = (context: TaskContext | undefined): string =>
  context === undefined ? "none" : `${(context.origin as { name: string }).name} ${context.place}`;

function setUp(options: WorkerPoolOptions = {}) {
  const clock = new FakeClock();
  const threads = new SimulatedThreads(clock);
  let current: TaskContext | undefined;
  const pool = new WorkerPool(
    { maxWorkers: 2, profiler: { taskContext: () => current }, ...options },
    { clock, startThread: threads.start },
  );
  const seen = new Map<number, string[]>();
  const see = (id: number): void => {
    seen.set(id, [...(seen.get(id) ?? []), shown(currentTaskContext())]);
  };
  globalThis.seeContext = (id) => {
    see(id);
    return id % 2 === 0 ? undefined : settle().then(() => see(id));
  };
  return {
    ...{ threads, pool, seen },
    submit(id: number, context: TaskContext | undefined, isOdd = false) {
      current = context;
      return pool.run(look, [id, ...(isOdd ? [() => undefined] : [])] as [number]);
    },
    async settleAll(): Promise<void> {
      for (let i = 0; i < 60; i++) {
        await settle();
        threads.step();
      }
    },
  };
}

afterEach(() => {
  globalThis.simulatedThreads = undefined;
  globalThis.seeContext = undefined;
});

test("a task runs in the context that it was submitted in, whatever goes with it in a message and fails", async () => {
  const origins = ["a", "b", "c"].map((name) => ({ name }));
  const tasks = fc.array(
    fc.record({
      origin: fc.nat(3),
      place: fc.nat(1000),
      wait: fc.boolean(),
      // Its arguments can't be copied, so what was to be sent with it is sent again.
      isOdd: fc.nat(5).map((n) => n === 0),
    }),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(tasks, async (all) => {
      const { submit, settleAll, seen, pool } = setUp();
      const settled: Promise<unknown>[] = [];
      const contexts = all.map(({ origin, place }) =>
        origins[origin] === undefined ? undefined : { origin: origins[origin]!, place },
      );
      for (const [id, { wait, isOdd }] of all.entries()) {
        settled.push(
          submit(id, contexts[id], isOdd).then(
            () => "ran",
            (error) => error.code,
          ),
        );
        if (wait) await settle();
      }
      await settleAll();
      const outcomes = await Promise.all(settled);
      for (const [id, { isOdd }] of all.entries()) {
        expect(outcomes[id]).toBe(isOdd ? "VICTOR_WORKER_CLONE" : "ran");
        const times = isOdd ? 0 : 1 + (id % 2);
        expect(seen.get(id) ?? []).toEqual(new Array(times).fill(shown(contexts[id])));
      }
      await pool.close();
    }),
    { numRuns: 40 },
  );
});

test("a thread is sent an origin once, and only places from then on; without a context nothing is added", async () => {
  const { submit, settleAll, threads, pool } = setUp({ maxWorkers: 1 });
  const origin = { name: "a" };
  const first = submit(0, { origin, place: 1 });
  await settle();
  const [thread] = threads.threads;
  thread?.deliverToPool();
  await settle();
  const sent = () => thread!.toThread.filter((message) => !("define" in message));
  expect(sent()).toEqual([[expect.anything(), 1, 4, [0], { origin, place: 1 }]]);
  await settleAll();
  await first;
  const rest = Promise.all([
    submit(2, { origin, place: 7 }),
    submit(4, undefined),
    submit(6, { origin, place: 0 }),
  ]);
  await settle();
  expect(sent().flat()).toEqual([
    ...[expect.anything(), 1, 4, [2], 7],
    ...[expect.anything(), 1, 0, [4]],
    ...[expect.anything(), 1, 4, [6], 0],
  ]);
  await settleAll();
  await rest;
  await pool.close();
});

test("a new thread is sent the origin anew", async () => {
  const { submit, settleAll, threads, seen, pool } = setUp({ maxWorkers: 1 });
  const context = { origin: { name: "a" }, place: 3 };
  const first = submit(0, context);
  await settleAll();
  await first;
  threads.threads[0]!.exit(1);
  const second = submit(2, context);
  await settleAll();
  await second;
  expect(threads.threads).toHaveLength(2);
  expect([seen.get(0), seen.get(2)]).toEqual([["a 3"], ["a 3"]]);
  await pool.close();
});

test("what is no profiler is refused", () => {
  for (const profiler of [{}, 1, null])
    expect(() => new WorkerPool({ profiler: profiler as unknown as { taskContext(): undefined } })).toThrow(
      "profiler.taskContext: expected a function, got undefined",
    );
});
