import { getEventListeners } from "node:events";
import { expect, test, vi } from "vitest";
import { offAbort, onAbort } from "../../../src/concurrency/abort-listeners.ts";
import { CircuitBreaker } from "../../../src/concurrency/circuit-breaker.ts";
import { executeInParallel } from "../../../src/concurrency/execute-in-parallel.ts";
import { WorkerPool } from "../../../src/concurrency/worker-pool.ts";

const calls = 1000;
const gone = new Error("gone");

/** Something that waits until the signal aborts. */
type Start = (signal: AbortSignal) => Promise<unknown>;

const breaker = new CircuitBreaker("service");
const never = (): Promise<void> => new Promise(() => undefined);
const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** Threads that never get ready. */
const pool = new WorkerPool(
  { maxWorkers: 1 },
  {
    startThread: () => ({
      post: () => undefined,
      keepAlive: () => undefined,
      terminate: async () => undefined,
      utilization: () => ({ active: 0, idle: 0 }),
    }),
  },
);

const kinds: [string, Start][] = [
  ["a circuit breaker", (signal) => breaker.run(never, { signal })],
  ["a pool of threads", (signal) => pool.run(() => 1, [], { signal })],
  ["runs of tasks", (signal) => executeInParallel([untilAborted], { signal })],
];

test.each(kinds)(
  "calls of %s with one signal share a listener, which goes with the last",
  async (_, start) => {
    const controller = new AbortController();
    const running = Array.from({ length: calls }, () => start(controller.signal));
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);

    controller.abort(gone);
    const outcomes = await Promise.allSettled(running);
    expect(
      outcomes.filter((outcome) => outcome.status === "rejected" && outcome.reason === gone),
    ).toHaveLength(calls);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  },
);

test("what ends without an abort leaves no listener behind, and those that still wait keep theirs", async () => {
  const { signal } = new AbortController();
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const running = [first, second].map(({ promise }) => breaker.run(() => promise, { signal }));
  first.resolve("one");
  expect(await running[0]).toBe("one");
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  second.resolve("two");
  expect(await running[1]).toBe("two");
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("one that throws keeps nobody else from hearing, and one that is taken back meanwhile isn't called", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const heard: string[] = [];
  const takenBack = () => heard.push("taken back");
  onAbort(signal, () => {
    offAbort(signal, takenBack);
    throw gone;
  });
  onAbort(signal, takenBack);
  onAbort(signal, () => heard.push("last"));
  const later = vi.spyOn(process, "nextTick").mockImplementation(() => undefined);
  controller.abort();
  const rethrown = later.mock.calls.map(([fn]) => fn);
  later.mockRestore();
  expect(heard).toEqual(["last"]);
  expect(rethrown).toHaveLength(1);
  expect(rethrown[0]).toThrow(gone);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
