import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom, shuffled } from "../../../src/measure/random.ts";
import { roundOrders } from "../../../src/measure/round-order.ts";

const take = (seed: number, n: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => random() * 2 ** 32);
};

describe("seeded random numbers", () => {
  test("the sequence is that of sfc32 seeded by splitmix32, on every machine", () => {
    expect(take(1, 3)).toEqual([2420951833, 2513034076, 3847892949]);
    expect(take(2, 2)).toEqual([1115575315, 1439910933]);
  });

  test("100,000 numbers are spread evenly over ten bins", () => {
    const bins = new Array<number>(10).fill(0);
    const random = seededRandom(42);
    for (let i = 0; i < 100_000; i++) bins[Math.floor(random() * 10)]!++;
    const chiSquare = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // The 99.9 % point of chi-square with 9 degrees of freedom.
    expect(chiSquare).toBeLessThan(27.88);
  });

  test("a seed that is no integer is refused", () => {
    expect(() => seededRandom(0.5)).toThrow(new RangeError("seed: expected an integer, got 0.5"));
    expect(() => seededRandom(Number.NaN)).toThrow(RangeError);
  });

  test("shuffling keeps every item, and each of the six orders of three comes up about as often", () => {
    const random = seededRandom(7);
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = shuffled(["a", "b", "c"], random).join("");
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe("the order of arms within rounds", () => {
  test("every second round mirrors the one before, so each pair of rounds treats all arms alike", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), (seed, arms) => {
        const orders = roundOrders(arms, seededRandom(seed));
        for (let pair = 0; pair < 5; pair++) {
          const first = orders.next().value;
          expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: arms }, (_, i) => i));
          expect(orders.next().value).toEqual(first.toReversed());
        }
      }),
    );
  });

  test("the order changes from pair to pair and depends on the seed alone", () => {
    const firsts = (seed: number): string[] => {
      const orders = roundOrders(2, seededRandom(seed));
      return Array.from({ length: 20 }, () => orders.next().value.join(""));
    };
    expect(firsts(1)).toEqual(firsts(1));
    expect(firsts(1)).not.toEqual(firsts(2));
    expect(new Set(firsts(1).filter((_, i) => i % 2 === 0)).size).toBe(2);
  });
});
