import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LatencyHistogram } from "../../../src/metrics/latency-histogram.ts";

function histogramOf(values: Iterable<number>): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** Of 1 ns to 1,000 s, in seconds, milliseconds or nanoseconds, evenly over the powers of ten. */
const latency = fc
  .tuple(fc.double({ min: -9, max: 3, noNaN: true }), fc.constantFrom(1, 1e3, 1e9))
  .map(([power, unit]) => 10 ** power * unit);

const exactQuantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length - 1e-9) - 1)]!;
};

test("count, sum, minimum and maximum are exact", () => {
  const histogram = histogramOf([0.5, 3, 0.25, 7]);
  expect([histogram.count, histogram.sum, histogram.min, histogram.max]).toEqual([4, 10.75, 0.25, 7]);
});

test("an empty one has no quantile", () => {
  const histogram = new LatencyHistogram();
  expect(histogram.quantile(0.5)).toBeUndefined();
  expect([histogram.count, histogram.sum, histogram.min, histogram.max]).toEqual([0, 0, Infinity, -Infinity]);
  expect(histogram.countAtOrBelow(Infinity)).toBe(0);
});

test("each quantile is within 1 % of the value at its rank, from 1 ns to 1,000 s", () => {
  fc.assert(
    fc.property(
      fc.array(latency, { minLength: 1, maxLength: 200 }),
      fc.oneof(fc.constantFrom(0, 0.5, 0.95, 0.99, 1), fc.double({ min: 0, max: 1, noNaN: true })),
      (values, q) => {
        const exact = exactQuantile(values, q);
        const estimate = histogramOf(values).quantile(q)!;
        expect(Math.abs(estimate - exact) / exact).toBeLessThanOrEqual(1 / 128);
      },
    ),
  );
});

test("the quantiles 0 and 1 are the exact minimum and maximum", () => {
  fc.assert(
    fc.property(fc.array(latency, { minLength: 1 }), (values) => {
      const histogram = histogramOf(values);
      expect(histogram.quantile(0)).toBe(Math.min(...values));
      expect(histogram.quantile(1)).toBe(Math.max(...values));
    }),
  );
});

test("ranks are the nearest, where q × count is a whole number but for rounding, too", () => {
  // 0.07 × 100 is 7.000000000000001.
  const histogram = histogramOf(Array.from({ length: 100 }, (_, i) => 2 ** (i / 2)));
  const seventh = 2 ** 3;
  expect(Math.abs(histogram.quantile(0.07)! / seventh - 1)).toBeLessThanOrEqual(1 / 128);
});

test("the middle of a bucket at a power of two is known to the digit", () => {
  const histogram = histogramOf([0.5, 1, 1, 1.5]);
  expect(histogram.quantile(0.5)).toBe(1 + 1 / 128);
});

test("the count at or below a bound is exact for a bound off by at most 1 %, and never falls", () => {
  fc.assert(
    fc.property(fc.array(latency), fc.array(latency, { minLength: 2 }), (values, bounds) => {
      const histogram = histogramOf(values);
      const atOrBelow = (bound: number): number => values.filter((value) => value <= bound).length;
      let last = 0;
      for (const bound of bounds.toSorted((a, b) => a - b)) {
        const count = histogram.countAtOrBelow(bound);
        expect(count).toBeGreaterThanOrEqual(atOrBelow(bound * (1 - 1 / 64)));
        expect(count).toBeLessThanOrEqual(atOrBelow(bound * (1 + 1 / 64)));
        expect(count).toBeGreaterThanOrEqual(last);
        last = count;
      }
    }),
  );
});

test("the count at or below the maximum is all, below the minimum none", () => {
  const histogram = histogramOf([1.003, 5.001]);
  expect(
    [0.9, 1.0029, 1.003, 5.0009, 5.001, Infinity].map((bound) => histogram.countAtOrBelow(bound)),
  ).toEqual([0, 0, 1, 1, 2, 2]);
  expect(histogram.countAtOrBelow(Number.NaN)).toBe(0);
  expect(histogram.countAtOrBelow(-1)).toBe(0);
});

test("merging gives what recording all in one would have given", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(latency, fc.constant(0))), fc.array(latency), (a, b) => {
      const merged = histogramOf(a);
      merged.merge(histogramOf(b));
      const whole = histogramOf([...a, ...b]);
      expect(merged.count).toBe(whole.count);
      expect(merged.min).toBe(whole.min);
      expect(merged.max).toBe(whole.max);
      // Sums of floats differ by the order in which they are added.
      expect(Math.abs(merged.sum - whole.sum)).toBeLessThanOrEqual(whole.sum * 1e-12);
      for (const q of [0, 0.25, 0.5, 0.9, 0.99, 1]) expect(merged.quantile(q)).toBe(whole.quantile(q));
    }),
  );
});

test("merging adds the rejected, too, and leaves the other as it was", () => {
  const a = histogramOf([1]);
  const b = histogramOf([2, Number.NaN]);
  a.merge(b);
  expect([a.count, a.rejected, b.count, b.rejected]).toEqual([2, 1, 1, 1]);
  a.merge(new LatencyHistogram());
  expect(a.count).toBe(2);
});

describe("values at the edge", () => {
  test.each([Number.NaN, -1, -Number.MIN_VALUE, Infinity, -Infinity])(
    "%d is left out and counted",
    (value) => {
      const histogram = histogramOf([1, value, 2]);
      expect([histogram.count, histogram.sum, histogram.min, histogram.max, histogram.rejected]).toEqual([
        3 - 1,
        3,
        1,
        2,
        1,
      ]);
    },
  );

  test("0 and −0 are recorded as 0", () => {
    const histogram = histogramOf([0, -0, 4]);
    expect([histogram.count, histogram.min, histogram.quantile(0.5), histogram.quantile(1)]).toEqual([
      3, 0, 0, 4,
    ]);
    expect([histogram.countAtOrBelow(0), histogram.countAtOrBelow(1), histogram.countAtOrBelow(4)]).toEqual([
      2, 2, 3,
    ]);
  });

  test("beyond 2⁻⁶⁴ and 2⁶⁴ count and sum stay exact, and the quantile says the end of the range", () => {
    const histogram = histogramOf([Number.MIN_VALUE, 2 ** -65, 1, 2 ** 64, Number.MAX_VALUE]);
    expect([histogram.count, histogram.min, histogram.max]).toEqual([5, Number.MIN_VALUE, Number.MAX_VALUE]);
    expect(histogram.quantile(0.4)).toBe(Number.MIN_VALUE);
    expect(histogram.quantile(0.6)).toBe(1 + 1 / 128);
    expect(histogram.quantile(1)).toBe(Number.MAX_VALUE);
    expect(histogram.sizeBytes).toBeLessThanOrEqual(66_000);
  });

  test("every power of two from 2⁻⁶⁴ up to 2⁶⁴ keeps to 1 %, in whatever order they come", () => {
    const powers = Array.from({ length: 128 }, (_, i) => 2 ** (i - 64));
    for (const values of [powers, powers.toReversed()]) {
      const histogram = histogramOf(values);
      powers.forEach((power, i) => {
        expect(Math.abs(histogram.quantile((i + 1) / 128)! / power - 1)).toBeLessThanOrEqual(1 / 128);
      });
    }
  });

  test.each([-0.1, 1.1, Number.NaN])("quantile(%d) is refused", (q) => {
    expect(() => histogramOf([1]).quantile(q)).toThrow(RangeError);
  });
});

describe("memory", () => {
  test("a new one has only its exact figures", () => {
    expect(new LatencyHistogram().sizeBytes).toBe(5 * 8);
  });

  test("latencies of 50 µs to 5 ms take 5 kB, of 1 ns to 1,000 s 22 kB", () => {
    expect(histogramOf([0.05, 5]).sizeBytes).toBe(40 + 10 * 512);
    expect(histogramOf([1e-9, 1e3]).sizeBytes).toBe(40 + 42 * 512);
  });

  test("values within powers of two already seen take no more", () => {
    const histogram = histogramOf([1, 2]);
    const before = histogram.sizeBytes;
    for (let i = 0; i < 1000; i++) histogram.record(1 + i / 500);
    expect(histogram.sizeBytes).toBe(before);
  });

  test("reset forgets everything and gives it back", () => {
    const histogram = histogramOf([1, 1e6, Number.NaN]);
    histogram.reset();
    expect([histogram.count, histogram.rejected, histogram.sizeBytes]).toEqual([0, 0, 40]);
    histogram.record(3);
    expect([histogram.count, histogram.min, histogram.max, histogram.sum]).toEqual([1, 3, 3, 3]);
  });
});

test("a snapshot doesn't change with what is recorded later", () => {
  const histogram = histogramOf([1, 2]);
  const snapshot = histogram.snapshot();
  histogram.record(100);
  expect([snapshot.count, snapshot.max, snapshot.quantile(1), snapshot.countAtOrBelow(50)]).toEqual([
    2, 2, 2, 2,
  ]);
  expect([histogram.count, histogram.max]).toEqual([3, 100]);
});
