import { describe, expect, test } from "vitest";
import { bootstrapRatio, type Samples } from "../../../src/measure/bootstrap-ratio.ts";
import { type Random, seededRandom } from "../../../src/measure/random.ts";
import { verdict } from "../../../src/measure/verdict.ts";

interface Noise {
  readonly processes: number;
  /** Standard deviation between processes, as a part of the mean. */
  readonly between: number;
  /** Standard deviation between rounds of one process. */
  readonly within: number;
}

/** Times around `mean` with log-normal noise on both levels. */
function simulate(random: Random, mean: number, { processes, between, within }: Noise): Samples {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: processes }, () => {
    const level = between * normal();
    return Array.from({ length: 10 }, () => mean * Math.exp(level + within * normal()));
  });
}

/** @returns how many of `runs` seeded comparisons gave a verdict other than "no difference shown" */
function claims(runs: number, shift: number, noise: Noise): number {
  const random = seededRandom(2024);
  let claimed = 0;
  for (let seed = 0; seed < runs; seed++) {
    const a = simulate(random, 100 * shift, noise);
    const b = simulate(random, 100, noise);
    if (verdict(bootstrapRatio(a, b, { resamples: 500, seed })) !== "no difference shown") claimed++;
  }
  return claimed;
}

const noises: readonly (Noise & { readonly name: string })[] = [
  { name: "rounds differ", processes: 3, between: 0, within: 0.05 },
  { name: "processes differ", processes: 3, between: 0.03, within: 0.01 },
  { name: "both differ", processes: 3, between: 0.03, within: 0.03 },
  { name: "two processes differ", processes: 2, between: 0.03, within: 0.01 },
  { name: "five processes differ", processes: 5, between: 0.03, within: 0.01 },
];

describe("bootstrap interval of a ratio of medians", () => {
  test.each(noises)("an A/A comparison claims a difference in at most 5 % of 200 runs: $name", (noise) => {
    // 17 is the 99 % point of a binomial with 200 runs at 5 %.
    expect(claims(200, 1, noise)).toBeLessThanOrEqual(17);
  });

  test.each(noises.filter((noise) => noise.processes >= 3))(
    "a difference of 20 % is found in at least 95 % of 200 runs: $name",
    (noise) => {
      expect(claims(200, 1.2, noise)).toBeGreaterThanOrEqual(190);
    },
  );

  test("without noise the interval is the ratio itself", () => {
    const estimate = bootstrapRatio(
      [
        [6, 6],
        [6, 6],
      ],
      [
        [2, 2],
        [2, 2],
      ],
    );
    expect(estimate.ratio).toBeCloseTo(3, 12);
    expect(estimate.low).toBeCloseTo(3, 12);
    expect(estimate.high).toBeCloseTo(3, 12);
    expect(estimate.confidence).toBe(0.95);
    expect(estimate.pValue).toBeCloseTo(2 / 2001, 12);
  });

  test("two constants that are equal show no difference, with p = 1", () => {
    expect(bootstrapRatio([[4, 4]], [[4, 4]])).toEqual({
      ratio: 1,
      low: 1,
      high: 1,
      confidence: 0.95,
      pValue: 1,
    });
  });

  test("the same seed gives the same interval, another seed another one", () => {
    const random = seededRandom(5);
    const a = simulate(random, 100, noises[2]!);
    const b = simulate(random, 90, noises[2]!);
    expect(bootstrapRatio(a, b, { seed: 3 })).toEqual(bootstrapRatio(a, b, { seed: 3 }));
    expect(bootstrapRatio(a, b, { seed: 3 }).low).not.toBe(bootstrapRatio(a, b, { seed: 4 }).low);
  });

  test("three processes widen the distances from the ratio by 1.73, one process not at all", () => {
    const spread = (processes: number[][]): number => {
      const { ratio, high } = bootstrapRatio(
        processes,
        processes.map(() => [1]),
        { confidence: 0.9 },
      );
      return Math.log(high) - Math.log(ratio);
    };
    // Of three single-round processes, the highest median of a draw is 4, with a chance of 7 in 27.
    const t = 2.1318467863266495;
    const z = 1.6448536269514722;
    expect(spread([[1], [2], [4]])).toBeCloseTo((t / z) * Math.sqrt(1.5) * Math.LN2, 9);
    expect(spread([[1, 2, 4]])).toBeCloseTo(Math.LN2, 12);
  });

  test("a higher confidence gives a wider interval", () => {
    const random = seededRandom(6);
    const a = simulate(random, 100, noises[0]!);
    const b = simulate(random, 100, noises[0]!);
    const at = (confidence: number) => bootstrapRatio(a, b, { confidence });
    expect(at(0.99).low).toBeLessThan(at(0.8).low);
    expect(at(0.99).high).toBeGreaterThan(at(0.8).high);
  });

  test("swapping the sides inverts the ratio", () => {
    const a = [[10, 11, 12]];
    const b = [[5, 5.5, 6]];
    expect(bootstrapRatio(b, a).ratio).toBeCloseTo(1 / bootstrapRatio(a, b).ratio, 12);
  });

  test("empty and impossible samples and options out of bounds are refused", () => {
    expect(() => bootstrapRatio([], [[1]])).toThrow(
      new RangeError("a: expected at least one process, got none"),
    );
    expect(() => bootstrapRatio([[1]], [[1], []])).toThrow(
      new RangeError("b[1]: expected at least one number, got none"),
    );
    expect(() => bootstrapRatio([[1, Number.NaN]], [[1]])).toThrow(
      new RangeError("a[0][1]: expected a finite number, got NaN"),
    );
    expect(() => bootstrapRatio([[0]], [[1]])).toThrow(
      new RangeError("a[0][0]: expected a number > 0, got 0"),
    );
    expect(() => bootstrapRatio([[1]], [[1]], { resamples: 10 })).toThrow(RangeError);
    expect(() => bootstrapRatio([[1]], [[1]], { confidence: 1 })).toThrow(RangeError);
    expect(() => bootstrapRatio([[1]], [[1]], { level: 0.9 } as never)).toThrow(TypeError);
  });
});
