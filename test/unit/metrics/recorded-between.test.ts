import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HistogramSnapshot, LatencyHistogram, recordedBetween } from "../../../src/metrics/index.ts";

const value = fc.oneof(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), fc.constant(0), fc.constant(1));
const values = fc.array(value, { maxLength: 60 });
const rank = (q: number, count: number) => Math.max(1, Math.ceil(q * count * (1 - 2 ** -50)));

/** As a source of other hands would give it: all values, one by one. */
class Exact implements HistogramSnapshot {
  readonly #values: number[] = [];
  get count() {
    return this.#values.length;
  }
  get sum() {
    return this.#values.reduce((sum, one) => sum + one, 0);
  }
  get min() {
    return Math.min(...this.#values);
  }
  get max() {
    return Math.max(...this.#values);
  }
  record(one: number) {
    this.#values.push(one);
  }
  snapshot(): HistogramSnapshot {
    const copy = new Exact();
    for (const one of this.#values) copy.record(one);
    return copy;
  }
  quantile(q: number) {
    return this.#values.toSorted((a, b) => a - b)[rank(q, this.count) - 1];
  }
  countAtOrBelow(bound: number) {
    return this.#values.filter((one) => one <= bound).length;
  }
}

describe.each([
  { kind: "LatencyHistogram", create: () => new LatencyHistogram(), within: 0.01 },
  { kind: "another", create: () => new Exact(), within: 0.003 },
])("of $kind", ({ create, within }) => {
  test("what was recorded between two looks is those values alone, of several histograms together", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(values, values), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(0.01, 0.5, 0.95, 1),
        (histograms, q) => {
          const intervals = histograms.map(([earlier, later]) => {
            const histogram = create();
            for (const one of earlier) histogram.record(one);
            const before = histogram.snapshot();
            for (const one of later) histogram.record(one);
            return { before, after: histogram.snapshot() };
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
    const old = create();
    for (let i = 0; i < 5; i++) old.record(9);
    const anew = create();
    anew.record(2);
    const recorded = recordedBetween([{ before: old, after: anew }]);
    expect(recorded.count).toBe(1);
    expect(recorded.quantile(0.5)).toBe(2);
  });

  test("without an earlier look it is all", () => {
    const histogram = create();
    for (const one of [1, 2, 3]) histogram.record(one);
    const recorded = recordedBetween([{ before: undefined, after: histogram }]);
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

test("values may be as large as numbers are, and a largest one need not be known", () => {
  const histogram = new LatencyHistogram();
  histogram.record(5);
  const before = histogram.snapshot();
  for (const one of [1e300, 1.1e300, 1.7e300]) histogram.record(one);
  expect(recordedBetween([{ before, after: histogram }]).quantile(0.5)).toBeLessThan(2e300);
  const foreign = (count: number): HistogramSnapshot => ({
    count,
    sum: count,
    min: 1,
    max: Number.POSITIVE_INFINITY,
    quantile: () => 1,
    countAtOrBelow: (bound) => (bound >= Number.MAX_VALUE ? count : 0),
  });
  expect(recordedBetween([{ before: foreign(1), after: foreign(9) }]).quantile(0.95)).toBe(Number.MAX_VALUE);
});
