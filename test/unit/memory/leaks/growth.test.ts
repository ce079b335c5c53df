import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../../src/measure/random.ts";
import { growthOf } from "../../../../src/memory/leaks/growth.ts";
import { trendOf } from "../../../../src/memory/leaks/trend.ts";

const xs = (count: number): number[] => Array.from({ length: count }, (_, i) => i * 100);
const series = (count: number, y: (x: number) => number): [number[], number[]] => [
  xs(count),
  xs(count).map(y),
];
const gates = { minPoints: 10, minBytes: 32_768, minSlope: 16 };

describe("Theil–Sen", () => {
  test("gives the slope of a line, with an interval of no width, and small chance", () => {
    const trend = trendOf(...series(12, (x) => 7 + 3 * x))!;
    expect(trend).toMatchObject({ slope: 3, low: 3, high: 3 });
    expect(trend.significance).toBeLessThan(1e-5);
  });

  test("isn't moved by an outlier", () => {
    const [x, y] = series(11, (at) => 3 * at);
    y[5] = 1e9;
    expect(trendOf(x, y)!.slope).toBe(3);
  });

  test("agrees with Sen's interval worked out by hand: of fifteen slopes the second and the fourteenth", () => {
    // Six points: C = 1.96 × √(6 × 5 × 17 / 18) = 10.4, M1 = 2.3, M2 = 12.7.
    const trend = trendOf([0, 1, 2, 3, 4, 5], [0, 1, 3, 6, 10, 15])!;
    expect(trend).toMatchObject({ slope: 3, low: 1.5, high: 4.5 });
  });

  test("has no finite interval for four points, and nothing to say of one", () => {
    expect(trendOf([0, 1, 2, 3], [0, 1, 2, 3])).toMatchObject({ low: -Infinity, high: Infinity });
    expect(trendOf([1], [1])).toBeUndefined();
    expect(trendOf([1, 1], [1, 2])).toBeUndefined();
  });

  test("the interval holds the slope, whatever the points", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 2, maxLength: 30 }), (ys) => {
        const { slope, low, high, significance } = trendOf(xs(ys.length), ys)!;
        expect(low).toBeLessThanOrEqual(slope);
        expect(high).toBeGreaterThanOrEqual(slope);
        expect(significance >= 0 && significance <= 1).toBe(true);
      }),
    );
  });
});

describe("the gates", () => {
  const judge = (y: (x: number) => number, count = 16) => growthOf(...series(count, y), gates).status;
  const random = seededRandom(5);
  const noise = (size: number): number => size * (random() - 0.5);

  test("steady growth, with noise or without, is a leak", () => {
    expect(judge((x) => 1e6 + 100 * x)).toBe("leaking");
    expect(judge((x) => 1e6 + 100 * x + noise(20_000))).toBe("leaking");
    expect(judge((x) => 1e6 + 10_000 * Math.floor(x / 100))).toBe("leaking");
  });

  test("a significant trend that is small is none", () => {
    expect(judge((x) => 1e6 + x)).toBe("steady");
    expect(trendOf(...series(16, (x) => 1e6 + x))!.significance).toBeLessThan(0.001);
  });

  test("what fills up and stays full is none", () => {
    expect(judge((x) => 1e6 + 200 * Math.min(x, 700))).toBe("steady");
    expect(judge((x) => 1e6 * (1 - Math.exp(-x / 200)))).toBe("steady");
  });

  test("what swings is none", () => {
    expect(judge((x) => 1e6 + 200 * (x % 500))).not.toBe("leaking");
    expect(judge(() => 1e6 + noise(500_000))).not.toBe("leaking");
    expect(judge((x) => 1e6 - 100 * x)).toBe("steady");
  });

  test("too few points aren't judged, and it says how many more x it takes", () => {
    expect(growthOf(...series(4, (x) => 100 * x), gates)).toMatchObject({
      status: "not enough evidence",
      more: 600,
    });
    expect(growthOf([], [], gates)).toEqual({
      status: "not enough evidence",
      trend: undefined,
      more: Number.NaN,
    });
  });

  test("growth that would be enough if it went on needs as much longer as it takes at its rate", () => {
    const slow = growthOf(...series(16, (x) => 1e6 + 20 * x), { ...gates, minBytes: 60_000 });
    expect(slow).toMatchObject({ status: "not enough evidence", more: 1500 });
  });

  test("growth since a fall isn't called a leak yet", () => {
    expect(judge((x) => (x < 400 ? 5e6 : 1e6) + 100 * x)).toBe("not enough evidence");
  });
});
