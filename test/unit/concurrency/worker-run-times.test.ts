import { expect, test } from "vitest";
import { RunTimes } from "../../../src/concurrency/worker-run-times.ts";

const after = (...runsMs: number[]): number => {
  const times = new RunTimes();
  for (const runMs of runsMs) times.record(runMs);
  return times.expectedMs!;
};

test("nothing is expected before the first run", () => {
  expect(new RunTimes().expectedMs).toBe(undefined);
});

test("few runs give their mean, and what sending them costs", () => {
  expect(after(3)).toBeCloseTo(3.002);
  expect(after(1, 2, 6)).toBeCloseTo(3.002);
});

test("a longer run counts at once", () => {
  const short = new Array(1000).fill(0.001);
  expect(after(...short, 8)).toBeGreaterThan(1);
});

test("rare long runs aren't forgotten between them", () => {
  const mixed = Array.from({ length: 1000 }, (_, i) => (i % 100 === 0 ? 50 : 0.001));
  // 99 short ones were the last; the mean is 0.5.
  expect(after(...mixed)).toBeGreaterThan(0.3);
});

test("a function that has become short is soon taken for short", () => {
  expect(after(...new Array(100).fill(50), ...new Array(3000).fill(0.001))).toBeLessThan(0.01);
});
