import fc from "fast-check";
import { expect, test } from "vitest";
import { intervalQuantile } from "../../../src/alerts/interval-quantile.ts";
import { LatencyHistogram } from "../../../src/metrics/index.ts";

const value = fc.oneof(fc.double({ min: 1e-6, max: 1e3, noNaN: true }), fc.constant(0));

test("the quantile of what came between two snapshots is that of those values alone, within 2 %", () => {
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 60 }),
      fc.array(value, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(0, 0.01, 0.5, 0.95, 1),
      (earlier, between, q) => {
        const histogram = new LatencyHistogram();
        for (const one of earlier) histogram.record(one);
        const before = histogram.snapshot();
        for (const one of between) histogram.record(one);
        const sorted = between.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(q * sorted.length * (1 - 2 ** -50)) - 1)]!;
        const found = intervalQuantile(before, histogram.snapshot(), q)!;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(0.02 * exact + 1e-18);
      },
    ),
    { numRuns: 500 },
  );
});

test("of nothing there is none", () => {
  const histogram = new LatencyHistogram();
  expect(intervalQuantile(undefined, histogram, 0.5)).toBeUndefined();
  histogram.record(1);
  expect(intervalQuantile(histogram.snapshot(), histogram, 0.5)).toBeUndefined();
  expect(intervalQuantile(undefined, histogram, 0.5)).toBe(1);
});

test("the search ends where a source of other hands knows no largest value", () => {
  const foreign = (count: number) => ({
    count,
    sum: count,
    min: 1,
    max: Number.POSITIVE_INFINITY,
    quantile: () => 1,
    countAtOrBelow: (bound: number) => (bound >= Number.MAX_VALUE ? count : 0),
  });
  expect(intervalQuantile(foreign(1), foreign(9), 0.95)).toBe(Number.MAX_VALUE);
});

test("the search isn't led astray by the largest value before, which is known better than those in between", () => {
  const histogram = new LatencyHistogram();
  histogram.record(63.38803256401625);
  const before = histogram.snapshot();
  for (const each of [47.43553688051687, 0.056512826985285605, 79.4546190148064]) histogram.record(each);
  const found = intervalQuantile(before, histogram.snapshot(), 0.99)!;
  expect(Math.abs(found / 79.4546190148064 - 1)).toBeLessThan(0.02);
});
