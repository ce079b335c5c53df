import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HistogramSnapshot, LatencyHistogram, recordedBetween } from "../../../src/metrics/index.ts";

const value = fc.oneof(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), fc.constant(0), fc.constant(1));
const values = fc.array(value, { maxLength: 60 });
const rank = (q: number, count: number) => Math.max(1, Math.ceil(q * count * (1 - 2 ** -50)));

/** As a source of somebody else's would give it. */
const foreign = (histogram: HistogramSnapshot): HistogramSnapshot => ({
  count: histogram.count,
  sum: histogram.sum,
  min: histogram.min,
  max: histogram.max,
  quantile: (q) => histogram.quantile(q),
  countAtOrBelow: (bound) => histogram.countAtOrBelow(bound),
});

describe.each([
  { kind: "LatencyHistogram", seen: (one: HistogramSnapshot) => one, within: 0.01 },
  { kind: "another", seen: foreign, within: 0.03 },
])("of $kind", ({ seen, within }) => {
  test("what was recorded between two looks is those values alone, of several histograms together", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(values, values), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(0.01, 0.5, 0.95, 1),
        (histograms, q) => {
          const intervals = histograms.map(([earlier, later]) => {
            const histogram = new LatencyHistogram();
            for (const one of earlier) histogram.record(one);
            const before = seen(histogram.snapshot());
            for (const one of later) histogram.record(one);
            return { before, after: seen(histogram.snapshot()) };
          });
          const recorded = recordedBetween(intervals);
          const sorted = histograms.flatMap(([, later]) => later).sort((a, b) => a - b);
          expect(recorded.count).toBe(sorted.length);
          const exact = sorted[rank(q, sorted.length) - 1];
          const found = recorded.quantile(q);
          if (exact === undefined) expect(found).toBeUndefined();
          else expect(Math.abs(found! - exact)).toBeLessThanOrEqual(within * exact + 1e-18);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("one that holds less than before has begun anew", () => {
    const old = new LatencyHistogram();
    for (let i = 0; i < 5; i++) old.record(9);
    const anew = new LatencyHistogram();
    anew.record(2);
    const recorded = recordedBetween([{ before: seen(old), after: seen(anew) }]);
    expect(recorded.count).toBe(1);
    expect(recorded.quantile(0.5)).toBe(2);
  });

  test("without an earlier look it is all", () => {
    const histogram = new LatencyHistogram();
    for (const one of [1, 2, 3]) histogram.record(one);
    const recorded = recordedBetween([{ before: undefined, after: seen(histogram) }]);
    expect([recorded.count, recorded.sum, recorded.min, recorded.max]).toEqual([3, 6, 1, 3]);
  });
});

test("least and most are within 1 % of the values between, and exact where they are new records", () => {
  fc.assert(
    fc.property(values, fc.array(value, { minLength: 1, maxLength: 60 }), (earlier, later) => {
      const histogram = new LatencyHistogram();
      for (const one of earlier) histogram.record(one);
      const before = histogram.snapshot();
      for (const one of later) histogram.record(one);
      const { min, max } = histogram.since(before as LatencyHistogram);
      const [least, most] = [Math.min(...later), Math.max(...later)];
      expect(Math.abs(min - least)).toBeLessThanOrEqual(0.01 * least);
      expect(Math.abs(max - most)).toBeLessThanOrEqual(0.01 * most);
      if (most > Math.max(...earlier)) expect(max).toBe(most);
      if (least < Math.min(...earlier)) expect(min).toBe(least);
    }),
    { numRuns: 500 },
  );
});

test("of no histograms nothing was recorded", () => {
  expect(recordedBetween([]).count).toBe(0);
  expect(recordedBetween([]).quantile(0.5)).toBeUndefined();
});
