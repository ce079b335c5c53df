import fc from "fast-check";
import { expect, test } from "vitest";
import { detectableRatio, pairedRatio } from "../../../src/measure/index.ts";

const exp = (logs: readonly number[]) => logs.map(Math.exp);

test("gives the geometric mean of the pairs' ratios, with Student's interval", () => {
  // Logarithms 0.1, 0.2 and 0.3: mean 0.2, standard error 0.1 / √3, t(2) at 97.5 % = 4.302653.
  const { ratio, low, high, pValue } = pairedRatio(exp([1.1, 2.2, 3.3]), exp([1, 2, 3]));
  expect(Math.log(ratio)).toBeCloseTo(0.2, 10);
  expect(Math.log(low)).toBeCloseTo(0.2 - (4.302653 * 0.1) / Math.sqrt(3), 6);
  expect(Math.log(high)).toBeCloseTo(0.2 + (4.302653 * 0.1) / Math.sqrt(3), 6);
  expect(pValue).toBeCloseTo(0.0742, 4);
});

test("doesn't see what the machine did to both of a pair", () => {
  const calm = pairedRatio([2, 2.1, 1.9, 2.05], [1, 1, 1, 1]);
  const rough = pairedRatio([20, 2.1, 5.7, 2.05], [10, 1, 3, 1]);
  expect(rough.low).toBeCloseTo(calm.low, 10);
  expect(rough.pValue).toBeCloseTo(calm.pValue, 10);
});

test("is its own reciprocal when the sides are swapped", () => {
  const figures = fc.array(
    fc.tuple(fc.double({ min: 0.1, max: 10, noNaN: true }), fc.double({ min: 0.1, max: 10, noNaN: true })),
    {
      minLength: 2,
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(figures, (pairs) => {
      const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
      const [one, two] = [pairedRatio(a, b), pairedRatio(b, a)];
      expect(one.ratio * two.ratio).toBeCloseTo(1, 9);
      expect(one.low * two.high).toBeCloseTo(1, 6);
      expect(one.pValue).toBeCloseTo(two.pValue, 9);
    }),
    { seed: 1 },
  );
});

test("pairs without any scatter show no more than their number allows", () => {
  expect(pairedRatio([1, 1, 1], [1, 1, 1])).toMatchObject({ ratio: 1, low: 1, high: 1, pValue: 1 });
  expect(pairedRatio([1.1, 2.2, 3.3], [1, 2, 3]).pValue).toBe(0.25);
});

test("says which difference would have been shown: smaller with more pairs, larger at a stricter level", () => {
  const pairs = (n: number) =>
    [0, 1].map((side) => Array.from({ length: n }, (_, i) => (i % 2 === side ? 1.02 : 1))) as [
      number[],
      number[],
    ];
  const few = detectableRatio(...pairs(6), 0.05);
  expect(detectableRatio(...pairs(24), 0.05)).toBeLessThan(few);
  expect(detectableRatio(...pairs(6), 0.001)).toBeGreaterThan(few);
  // t(5) at 97.5 % = 2.570582 and at 90 % = 1.475884; logarithms ±0.0198026, standard error 0.0198026 × √(6 / 5) / √6.
  expect(Math.log(few)).toBeCloseTo((2.570582 + 1.475884) * 0.0198026 * Math.sqrt(1 / 5), 5);
});

test("refuses lists that aren't pairs, and figures that have no logarithm", () => {
  expect(() => pairedRatio([1, 2], [1])).toThrow(/b: expected as many figures as in a \(2\), got 1/);
  expect(() => pairedRatio([1], [1])).toThrow(/at least two pairs, got 1/);
  expect(() => pairedRatio([1, 0], [1, 1])).toThrow(/a\[1\]: expected a number > 0, got 0/);
  expect(() => pairedRatio([1, 2], [1, Number.NaN])).toThrow(RangeError);
  expect(() => pairedRatio([1, 2], [1, 2], { confidence: 2 })).toThrow(/confidence/);
});
