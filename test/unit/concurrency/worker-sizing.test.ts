import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { availableCpus, type PoolLoad, wantsWorker } from "../../../src/concurrency/worker-sizing.ts";

const load = (change: Partial<PoolLoad>): PoolLoad => ({
  workers: 1,
  starting: 0,
  minWorkers: 0,
  maxWorkers: 8,
  cpus: 4,
  queued: 10,
  oldestWaitMs: 0,
  queuedMs: 0,
  utilization: 1,
  ...change,
});

describe("one more thread", () => {
  test.each<[boolean, string, Partial<PoolLoad>]>([
    [true, "for the first task", { workers: 0, queued: 1 }],
    [false, "when nothing waits", { queued: 0, oldestWaitMs: 100, queuedMs: 100 }],
    [true, "up to the least number, even when nothing waits", { queued: 0, minWorkers: 2 }],
    [false, "above the most", { workers: 8, queuedMs: 1000, utilization: 0 }],
    [false, "when a thread's start is dearer than the work that waits", { queuedMs: 19 }],
    [true, "when the work that waits is worth its start", { queuedMs: 20 }],
    [false, "when each thread's share of that work is not", { workers: 2, queuedMs: 39 }],
    [true, "when the first task has waited for long", { oldestWaitMs: 5 }],
    [false, "for a long wait that a starting thread will end", { workers: 2, starting: 1, oldestWaitMs: 5 }],
    [false, "when as many start as tasks wait", { workers: 3, starting: 2, queued: 2, queuedMs: 1000 }],
    [
      false,
      "above the processors while the threads compute",
      { workers: 4, queuedMs: 1000, utilization: 0.5 },
    ],
    [true, "above the processors while the threads wait", { workers: 4, queuedMs: 1000, utilization: 0.49 }],
    [false, "above the processors when nobody knows", { workers: 4, queuedMs: 1000, utilization: undefined }],
  ])("%s: %s", (wanted, _, change) => {
    expect(wantsWorker(load(change))).toBe(wanted);
  });
});

test("the processors are an integer from 1 to what the system allows", () => {
  expect(Number.isInteger(availableCpus())).toBe(true);
  expect(availableCpus()).toBeGreaterThanOrEqual(1);
  expect(availableCpus()).toBeLessThanOrEqual(availableParallelism());
});
