import fc from "fast-check";
import { expect, test } from "vitest";
import { intervalOf, intervalQuantile } from "../../../src/dashboard/interval-quantile.ts";
import { LatencyHistogram } from "../../../src/metrics/index.ts";

const value = fc.double({ min: 1e-6, max: 100, noNaN: true });

test("quantiles of what came between two looks are within 2.5 % of the value at that rank", () => {
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 50 }),
      fc.array(value, { minLength: 1, maxLength: 50 }),
      fc.constantFrom(0.5, 0.95, 0.99),
      (earlier, later, q) => {
        const histogram = new LatencyHistogram();
        for (const each of earlier) histogram.record(each);
        const before = histogram.snapshot();
        for (const each of later) histogram.record(each);
        const interval = intervalOf(before, histogram.snapshot());
        expect(interval.count).toBe(later.length);
        const exact = later.toSorted((a, b) => a - b)[Math.ceil(q * later.length) - 1]!;
        const found = intervalQuantile([interval], q);
        expect(Math.abs(found / exact - 1)).toBeLessThan(0.025);
      },
    ),
  );
});

test("several histograms are taken together, those in which nothing came are left out", () => {
  const intervals = [[1, 1, 1], [100], []].map((values) => {
    const histogram = new LatencyHistogram();
    histogram.record(5_000);
    const before = histogram.snapshot();
    for (const each of values) histogram.record(each);
    return intervalOf(before, histogram.snapshot());
  });
  expect(intervalQuantile(intervals, 0.5)).toBeCloseTo(1, 1);
  expect(intervalQuantile(intervals, 0.99)).toBeGreaterThan(98);
  expect(intervalQuantile(intervals, 0.99)).toBeLessThan(102);
  expect(intervalQuantile([intervals[2]!], 0.5)).toBeNaN();
});

test("a histogram that holds less than before has begun anew: all that it holds is new", () => {
  const old = new LatencyHistogram();
  for (let i = 0; i < 5; i++) old.record(9);
  const anew = new LatencyHistogram();
  anew.record(2);
  expect(intervalOf(old, anew)).toMatchObject({ before: undefined, count: 1 });
});

test("values may be as large as numbers are", () => {
  const histogram = new LatencyHistogram();
  histogram.record(5);
  const before = histogram.snapshot();
  for (const each of [1e300, 1.1e300, 1.7e300]) histogram.record(each);
  expect(intervalQuantile([intervalOf(before, histogram.snapshot())], 0.5)).toBeLessThan(2e300);
});
