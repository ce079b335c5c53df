import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mannWhitney } from "../../../src/measure/mann-whitney.ts";

const from = (start: number, n: number): number[] => Array.from({ length: n }, (_, i) => start + i);

describe("Mann–Whitney", () => {
  test("small groups without ties get SciPy's exact p-values", () => {
    expect(mannWhitney([19, 22, 16, 29, 24], [20, 11, 17, 12])).toEqual({
      u: 17,
      pValue: expect.closeTo(0.1111111111111111, 12),
      exact: true,
    });
    expect(mannWhitney([1, 2, 3], [4, 5, 6])).toEqual({ u: 0, pValue: 0.1, exact: true });
    expect(mannWhitney([1.5, 7, 3, 9, 12, 8], [2, 4, 6, 1, 5])).toEqual({
      u: 23,
      pValue: expect.closeTo(0.17748917748917747, 12),
      exact: true,
    });
  });

  test("ties and large groups get SciPy's asymptotic p-values", () => {
    const tied = mannWhitney([1, 2, 2, 3], [2, 3, 4, 5, 5]);
    expect(tied).toEqual({ u: 2.5, pValue: expect.closeTo(0.07854585095119067, 12), exact: false });
    const large = mannWhitney(from(0, 30), from(15, 30));
    expect(large.exact).toBe(false);
    expect(large.u).toBe(112.5);
    expect(large.pValue / 6.247984928789186e-7).toBeCloseTo(1, 10);
  });

  test("groups of one value throughout show nothing", () => {
    expect(mannWhitney([5, 5, 5], [5, 5])).toEqual({ u: 3, pValue: 1, exact: false });
  });

  test("exact probabilities are those of counting all choices of ranks", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer(),
        (n, m, pick) => {
          const subsets = choose(n + m, n);
          const chosen = subsets[Math.abs(pick) % subsets.length]!;
          const others = from(0, n + m).filter((rank) => !chosen.includes(rank));
          const { u, pValue } = mannWhitney(chosen, others);
          const uOf = (ranks: readonly number[]): number => ranks.reduce((sum, rank, i) => sum + rank - i, 0);
          const larger = Math.max(u, n * m - u);
          const asLarge = subsets.filter((ranks) => uOf(ranks) >= larger).length;
          expect(u).toBe(uOf(chosen));
          expect(pValue).toBeCloseTo(Math.min(1, (2 * asLarge) / subsets.length), 12);
        },
      ),
    );
  });

  test("swapping the groups mirrors u and keeps the p-value", () => {
    const values = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const one = mannWhitney(a, b);
        const other = mannWhitney(b, a);
        expect(one.u + other.u).toBe(a.length * b.length);
        expect(one.pValue).toBeCloseTo(other.pValue, 12);
      }),
    );
  });

  test("empty groups and values that are no numbers are refused", () => {
    expect(() => mannWhitney([], [1])).toThrow(new RangeError("a: expected at least one number, got none"));
    expect(() => mannWhitney([1], [Number.NaN])).toThrow(
      new RangeError("b[0]: expected a finite number, got NaN"),
    );
  });
});

/** All ascending choices of k out of 0 … n − 1. */
function choose(n: number, k: number, start = 0): number[][] {
  if (k === 0) return [[]];
  return from(start, n - start).flatMap((first) =>
    choose(n, k - 1, first + 1).map((rest) => [first, ...rest]),
  );
}
