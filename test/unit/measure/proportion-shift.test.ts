import fc from "fast-check";
import { expect, test } from "vitest";
import { ProportionShift, type ProportionShiftOptions, seededRandom } from "../../../src/measure/index.ts";
import { binomial } from "../../support/noisy-series.ts";

const errors: ProportionShiftOptions = { direction: "up", minChange: 1 };

function steady(p: number, trials: number, samples: number, seed: number, options: ProportionShiftOptions) {
  const random = seededRandom(seed);
  const detector = new ProportionShift(options);
  let told = 0;
  for (let i = 0; i < samples; i++) if (detector.push(binomial(trials, p, random), trials)) told++;
  expect(told).toBe(0);
  return {
    detector,
    /** @returns samples until it is told, or Infinity */
    until(kind: string, changed: number, most: number): number {
      for (let i = 1; i <= most; i++)
        if (detector.push(binomial(trials, changed, random), trials)?.kind === kind) return i;
      return Number.POSITIVE_INFINITY;
    },
  };
}

test("an error rate that never was and now is 2 % is told as soon as the score allows", () => {
  const detector = new ProportionShift(errors);
  for (let i = 0; i < 200; i++) expect(detector.push(0, 1000)).toBeUndefined();
  // The baseline is taken as 0.001, the change looked for as 0.01 more.
  const base = 0.001;
  const step = 20 * Math.log(0.011 / base) + 980 * Math.log((1 - 0.011) / (1 - base));
  const limit = Math.log(1e7);
  const needed = Math.ceil(limit / Math.min(limit / 5, step));
  for (let i = 1; i < needed; i++) expect(detector.push(20, 1000)).toBeUndefined();
  expect(detector.push(20, 1000)).toEqual({
    kind: "shifted",
    direction: "up",
    before: 0,
    after: 0.02,
    samples: needed,
  });
});

test("a burst of errors in one sample is no shift", () => {
  const { detector, until } = steady(0.001, 100, 2000, 1, errors);
  expect(detector.push(100, 100)).toBeUndefined();
  expect(until("shifted", 0.001, 2000)).toBe(Number.POSITIVE_INFINITY);
});

test("a day at a steady rate raises no alarm", () => {
  const { detector } = steady(0.01, 20, 86_400, 2, errors);
  expect(detector.ready).toBe(true);
});

test("a hit rate that falls from 90 to 72 % is found within 60 samples, and its return too", () => {
  const hits = { direction: "down", minDifference: 0.05 } as const;
  for (let seed = 1; seed <= 10; seed++) {
    const { detector, until } = steady(0.9, 20, 1000, seed, hits);
    expect(until("shifted", 0.72, 60)).toBeLessThanOrEqual(60);
    expect(detector.shifted!.before).toBeCloseTo(0.9, 1);
    expect(until("returned", 0.9, 200)).toBeLessThanOrEqual(200);
    expect(detector.shifted).toBeUndefined();
  }
});

test("the other direction is no shift", () => {
  expect(steady(0.5, 20, 1000, 3, { direction: "up" }).until("shifted", 0.3, 2000)).toBe(
    Number.POSITIVE_INFINITY,
  );
});

test("a new rate that stays becomes the baseline", () => {
  const { detector, until } = steady(0.01, 100, 1000, 4, { ...errors, acceptSamples: 300 });
  expect(until("shifted", 0.1, 60)).toBeLessThanOrEqual(60);
  expect(until("accepted", 0.1, 400)).toBeLessThanOrEqual(300);
  expect(until("shifted", 0.1, 2000)).toBe(Number.POSITIVE_INFINITY);
  expect(detector.baseline).toBeCloseTo(0.1, 1);
});

test("samples that vary more than one probability allows count for less", () => {
  const random = seededRandom(5);
  const detector = new ProportionShift(errors);
  // The rate itself jumps between 1 % and 9 % from sample to sample.
  for (let i = 0; i < 20_000; i++)
    expect(detector.push(binomial(100, random() < 0.5 ? 0.01 : 0.09, random), 100)).toBeUndefined();
  expect(detector.spread).toBeGreaterThan(3);
});

test("samples that are no counts are left out and counted", () => {
  const detector = new ProportionShift();
  for (const [hits, trials] of [
    [0, 0],
    [2, 1],
    [-1, 1],
    [Number.NaN, 1],
    [1, Number.POSITIVE_INFINITY],
  ] as const)
    expect(detector.push(hits, trials)).toBeUndefined();
  expect(detector.skipped).toBe(5);
  expect(detector.baseline).toBeUndefined();
});

test("no counts make it throw, or its baseline leave 0 to 1", () => {
  const sample = fc.tuple(fc.nat(1000), fc.nat(1000));
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 300 }), (samples) => {
      const detector = new ProportionShift({ warmupSamples: 20, acceptSamples: 40 });
      for (const [a, b] of samples) detector.push(Math.min(a, b), Math.max(a, b));
      const { baseline } = detector;
      if (baseline !== undefined) expect(baseline >= 0 && baseline <= 1 + 1e-12).toBe(true);
    }),
  );
});

test("wrong options are refused by name", () => {
  expect(() => new ProportionShift({ minDifference: 2 })).toThrow("minDifference");
  expect(() => new ProportionShift({ window: 3 } as ProportionShiftOptions)).toThrow(TypeError);
});
