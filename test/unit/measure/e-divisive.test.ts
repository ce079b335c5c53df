import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eDivisive } from "../../../src/measure/index.ts";
import { noisySeries } from "../../support/noisy-series.ts";

/** The energy distance by its definition, for the split that the fast form must choose. */
function bestByDefinition(series: readonly number[], minSegment: number): number {
  const mean = (a: readonly number[], b: readonly number[], pairs: number): number => {
    let sum = 0;
    for (const x of a) for (const y of b) sum += Math.abs(x - y);
    return sum / pairs;
  };
  let best = 0;
  let at = -1;
  for (let split = minSegment; split <= series.length - minSegment; split++) {
    const [a, b] = [series.slice(0, split), series.slice(split)];
    const [n, m] = [a.length, b.length];
    const energy = 2 * mean(a, b, n * m) - mean(a, a, n * (n - 1)) - mean(b, b, m * (m - 1));
    const weighted = ((n * m) / (n + m)) * energy;
    if (weighted > best * (1 + 1e-9)) {
      best = weighted;
      at = split;
    }
  }
  return at;
}

describe("E-divisive with a t-test", () => {
  test("finds a clean step at its very place", () => {
    const series = [1, 2, 1, 2, 1, 2, 1, 2, 11, 12, 11, 12, 11, 12, 11, 12];
    const points = eDivisive(series);
    expect(points).toMatchObject([{ index: 8, before: 1.5, after: 11.5 }]);
    expect(points[0]!.pValue).toBeLessThan(1e-10);
  });

  test("finds several steps, up and down, in order", () => {
    const factor = (i: number): number => (i < 100 ? 1 : i < 200 ? 1.5 : i < 300 ? 1 : 2);
    const points = eDivisive(noisySeries(0.05, 400, 1, factor));
    expect(points.map(({ index }) => index)).toEqual([100, 200, 300]);
  });

  test("splits where the energy distance is largest, as its definition says", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 10, max: 30 }), (seed, at) => {
        const series = noisySeries(0.1, 40, seed, (i) => (i < at ? 1 : 3));
        const points = eDivisive(series, { maxPValue: 0.5 });
        expect(points.map(({ index }) => index)).toContain(bestByDefinition(series, 5));
      }),
      { numRuns: 50 },
    );
  });

  test("finds nothing in a constant series, in one too short, or in nearly any noise", () => {
    expect(eDivisive(Array.from({ length: 50 }, () => 7))).toEqual([]);
    expect(eDivisive([1, 100, 1, 100])).toEqual([]);
    let told = 0;
    for (let seed = 1; seed <= 50; seed++) told += eDivisive(noisySeries(0.15, 200, seed)).length;
    expect(told).toBeLessThanOrEqual(5);
  });

  test("leaves out changes smaller than asked, and keeps the larger ones", () => {
    const factor = (i: number): number => (i < 100 ? 1 : i < 200 ? 1.1 : 2);
    const series = noisySeries(0.01, 300, 2, factor);
    expect(eDivisive(series).map(({ index }) => index)).toEqual([100, 200]);
    expect(eDivisive(series, { minChange: 0.3 }).map(({ index }) => index)).toEqual([200]);
  });

  test("is sure of a step between constant levels", () => {
    const series = Array.from({ length: 20 }, (_, i) => (i < 10 ? 1 : 2));
    expect(eDivisive(series)).toEqual([{ index: 10, before: 1, after: 2, pValue: 0 }]);
  });

  test("refuses what is no series, and one too long", () => {
    expect(() => eDivisive([])).toThrow(RangeError);
    expect(() => eDivisive([1, Number.NaN])).toThrow("series[1]");
    expect(() => eDivisive(new Array(10_001).fill(1))).toThrow("at most 10000");
    expect(() => eDivisive([1], { maxPValue: 2 })).toThrow("maxPValue");
  });
});
