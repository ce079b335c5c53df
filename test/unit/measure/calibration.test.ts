import { describe, expect, test } from "vitest";
import { maxCount, nextCount } from "../../../src/measure/calibration.ts";

describe("calibration of a round's operation count", () => {
  test("a short trial raises the count tenfold at most and isn't trusted", () => {
    expect(nextCount(1, 0.001, 100)).toEqual({ count: 10, settled: false });
    expect(nextCount(10, 0, 100)).toEqual({ count: 100, settled: false });
    expect(nextCount(100, 40, 100)).toEqual({ count: 250, settled: false });
  });

  test("a trial of at least half a round is trusted and scaled to a whole one", () => {
    expect(nextCount(1000, 50, 100)).toEqual({ count: 2000, settled: true });
    expect(nextCount(1000, 400, 100)).toEqual({ count: 250, settled: true });
  });

  test("an operation that is longer than a round is run once", () => {
    expect(nextCount(1, 5000, 100)).toEqual({ count: 1, settled: true });
  });

  test("work that takes no time at all ends at the largest count instead of growing for ever", () => {
    let step = { count: 1, settled: false };
    let trials = 0;
    while (!step.settled) {
      step = nextCount(step.count, 0, 100);
      trials++;
    }
    expect(step.count).toBe(maxCount);
    expect(trials).toBe(14);
  });
});
