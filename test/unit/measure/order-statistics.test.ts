import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mad, median, quantile } from "../../../src/measure/order-statistics.ts";

describe("order statistics", () => {
  test("the median is the middle value, or the mean of the two middle ones", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
  });

  test("quantiles interpolate as NumPy's do", () => {
    const samples = [16, 1, 8, 2, 4];
    expect(quantile(samples, 0)).toBe(1);
    expect(quantile(samples, 0.1)).toBeCloseTo(1.4, 12);
    expect(quantile(samples, 0.25)).toBe(2);
    expect(quantile(samples, 0.9)).toBeCloseTo(12.8, 12);
    expect(quantile(samples, 1)).toBe(16);
  });

  test("the median absolute deviation ignores one wild value", () => {
    expect(mad([1, 1, 2, 2, 4, 6, 9])).toBe(1);
    expect(mad([1, 1, 2, 2, 4, 6, 9000])).toBe(1);
  });

  test("numbers are ordered as numbers, and the caller's array is left alone", () => {
    const samples = [10, 9, 100];
    expect(median(samples)).toBe(10);
    expect(samples).toEqual([10, 9, 100]);
  });

  test("a quantile lies within the samples and grows with q", () => {
    const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), unit, unit, (samples, p, q) => {
        const [low, high] = [quantile(samples, Math.min(p, q)), quantile(samples, Math.max(p, q))];
        expect(low).toBeLessThanOrEqual(high + 1e-6);
        expect(low).toBeGreaterThanOrEqual(Math.min(...samples));
        expect(high).toBeLessThanOrEqual(Math.max(...samples) + 1e-6);
      }),
    );
  });

  test("no samples, samples that are no numbers and q outside [0, 1] are refused", () => {
    expect(() => median([])).toThrow(new RangeError("samples: expected at least one number, got none"));
    expect(() => median([1, Number.NaN])).toThrow(
      new RangeError("samples[1]: expected a finite number, got NaN"),
    );
    expect(() => mad([Number.POSITIVE_INFINITY])).toThrow(RangeError);
    expect(() => quantile([1], 1.01)).toThrow(new RangeError("q: expected a number from 0 to 1, got 1.01"));
    expect(() => quantile([1], Number.NaN)).toThrow(RangeError);
  });
});
