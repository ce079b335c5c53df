import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holm } from "../../../src/measure/holm.ts";

describe("Holm's correction", () => {
  test("the smallest p-value is multiplied most, and none falls below a smaller one's", () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    for (const [i, expected] of [0.03, 0.06, 0.06, 0.02].entries())
      expect(adjusted[i]).toBeCloseTo(expected, 12);
  });

  test("one question stays as it is, none gives none, and nothing exceeds 1", () => {
    expect(holm([0.2])).toEqual([0.2]);
    expect(holm([])).toEqual([]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
  });

  test("every adjusted value lies between the own one and Bonferroni's, in the same order", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (pValues) => {
        const adjusted = holm(pValues);
        for (const [i, p] of pValues.entries()) {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, p * pValues.length));
          for (const [j, q] of pValues.entries())
            if (p < q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!);
        }
      }),
    );
  });

  test("what is no probability is refused", () => {
    expect(() => holm([0.5, 1.1])).toThrow(
      new RangeError("pValues[1]: expected a number from 0 to 1, got 1.1"),
    );
    expect(() => holm([Number.NaN])).toThrow(RangeError);
  });
});
