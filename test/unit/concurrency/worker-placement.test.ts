import { describe, expect, test } from "vitest";
import { placeFor, type ThreadLoad } from "../../../src/concurrency/worker-placement.ts";

const thread = (held: number, heldMs: number, change: Partial<ThreadLoad> = {}): ThreadLoad => ({
  isReady: true,
  isStalled: false,
  isFull: false,
  held,
  heldMs,
  ...change,
});
const place = (threads: ThreadLoad[], expectedMs: number | undefined, isAlone = false, isBacklog = false) => {
  const chosen = placeFor(threads, expectedMs, isAlone, isBacklog);
  return chosen && threads.indexOf(chosen);
};

describe("a task goes", () => {
  test("with others to one thread, while they are next to nothing together", () => {
    expect(place([thread(10, 0.2), thread(0, 0)], 0.05)).toBe(0);
    expect(place([thread(10, 0.2), thread(0, 0)], 0.06)).toBe(1);
  });
  test("to the least loaded thread, where it needn't wait for long", () => {
    expect(place([thread(4, 0.4), thread(3, 0.3)], 0.1)).toBe(1);
    expect(place([thread(4, 0.4), thread(3, 0.3)], 0.25)).toBe(undefined);
  });
  test("behind a longer one when many wait anyway", () => {
    expect(place([thread(1, 1), thread(1, 0.9)], 1, false, true)).toBe(1);
    expect(place([thread(1, 1), thread(1, 1.5)], 1.1, false, true)).toBe(undefined);
  });
  test("to a thread of its own when nobody knows how long it takes, or when it must be alone", () => {
    expect(place([thread(1, 0), thread(0, 0)], undefined)).toBe(1);
    expect(place([thread(1, 0)], undefined)).toBe(undefined);
    expect(place([thread(1, 0), thread(0, 0)], 0.001, true)).toBe(1);
    expect(place([thread(1, 0)], 0.001, true)).toBe(undefined);
  });
  test("to no thread that starts, sits on a task, or is full", () => {
    for (const change of [{ isReady: false }, { isStalled: true }, { isFull: true }])
      expect(place([thread(0, 0, change)], 0.001)).toBe(undefined);
  });
});
