import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LevelShift, type LevelShiftOptions, type ShiftEvent } from "../../../src/measure/index.ts";
import { scoreLimit } from "../../../src/measure/shift.ts";
import { noisySeries } from "../../support/noisy-series.ts";

type Told = ShiftEvent & { readonly at: number };

function run(values: readonly number[], options?: LevelShiftOptions): Told[] {
  const detector = new LevelShift(options);
  return values.flatMap((value, at) => {
    const event = detector.push(value);
    return event ? [{ ...event, at }] : [];
  });
}

/** A detector that knows a level of 100 exactly. */
function calm(options?: LevelShiftOptions): LevelShift {
  const detector = new LevelShift(options);
  for (let i = 0; i < 200; i++) expect(detector.push(100)).toBeUndefined();
  return detector;
}

function pushUntilTold(detector: LevelShift, value: number, most: number): [number, ShiftEvent | undefined] {
  for (let i = 1; i <= most; i++) {
    const event = detector.push(value);
    if (event) return [i, event];
  }
  return [most, undefined];
}

describe("the score's limit", () => {
  test("solves Siegmund's formula", () => {
    for (const shift of [0.3, 0.6, 1.2])
      for (const samples of [1e4, 1e7]) {
        const b = scoreLimit(shift, samples) + 1.166 * shift;
        expect((Math.exp(b) - b - 1) / (shift ** 2 / 2) / samples).toBeCloseTo(1, 5);
      }
  });
});

describe("a series without noise", () => {
  test("shows a rise by 20 % after as many samples as the score needs, and not one sooner", () => {
    const change = Math.log(1.2);
    const scale = change / 1.25;
    const step = (change / scale ** 2) * (change / 2);
    const needed = Math.ceil(scoreLimit(1.25, 2e7) / step);
    const [samples, event] = pushUntilTold(calm(), 120, 100);
    expect(samples).toBe(needed);
    expect(event).toMatchObject({ kind: "shifted", direction: "up", samples: needed });
    expect(event!.before).toBeCloseTo(100, 9);
    expect(event!.after).toBeCloseTo(120, 9);
  });

  test("shows a fall as well, and a larger change sooner", () => {
    expect(pushUntilTold(calm(), 50, 100)[1]).toMatchObject({ kind: "shifted", direction: "down" });
    expect(pushUntilTold(calm(), 200, 100)[0]).toBeLessThan(pushUntilTold(calm(), 130, 100)[0]);
  });

  test("never shows a change by 9 %, less than half of what is asked for", () => {
    expect(pushUntilTold(calm(), 109, 5000)[1]).toBeUndefined();
  });

  test("takes one wild sample, or four in a row, for no shift", () => {
    const detector = calm();
    for (let i = 0; i < 4; i++) expect(detector.push(1e9)).toBeUndefined();
    expect(pushUntilTold(detector, 100, 500)[1]).toBeUndefined();
    expect(detector.baseline).toBeLessThan(110);
  });

  test("shows only the direction asked for, and follows the other way", () => {
    const detector = calm({ direction: "up" });
    expect(pushUntilTold(detector, 50, 5000)[1]).toBeUndefined();
    expect(detector.baseline).toBeCloseTo(50, 0);
    expect(pushUntilTold(detector, 100, 100)[1]).toMatchObject({ kind: "shifted", direction: "up" });
  });

  test("looks for the change that is asked for", () => {
    expect(calm({ minChange: 0.05 }).detectable).toBeCloseTo(0.05, 9);
    expect(pushUntilTold(calm({ minChange: 0.05 }), 106, 500)[1]).toMatchObject({ kind: "shifted" });
  });
});

test("samples that may belong to a shift join the baseline only once it has turned out to be none", () => {
  const detector = calm();
  for (let i = 0; i < 8; i++) expect(detector.push(118)).toBeUndefined();
  expect(detector.baseline).toBeCloseTo(100, 9);
  expect(pushUntilTold(detector, 100, 100)[1]).toBeUndefined();
  // Learned late, but whole: 8 of 308 samples, seen by a mean over all of them.
  expect(detector.baseline).toBeCloseTo(100 * 1.18 ** (8 / 308), 1);
});

test("with a short memory and much noise it looks for a larger change, and judges all the same", () => {
  const detector = new LevelShift({ memorySamples: 60 });
  for (const value of noisySeries(0.3, 1000, 6)) expect(detector.push(value)).toBeUndefined();
  expect(detector.ready).toBe(true);
  expect(detector.detectable).toBeGreaterThan(0.25);
});

describe("after a shift", () => {
  test("it stays shifted until the level is back, which is told once", () => {
    const detector = calm();
    pushUntilTold(detector, 150, 100);
    expect(pushUntilTold(detector, 150, 1000)[1]).toBeUndefined();
    expect(detector.shifted).toMatchObject({ direction: "up" });
    const [, event] = pushUntilTold(detector, 100, 100);
    expect(event).toMatchObject({ kind: "returned", direction: "up" });
    expect(detector.shifted).toBeUndefined();
    expect(pushUntilTold(detector, 100, 2000)[1]).toBeUndefined();
    expect(detector.baseline).toBeCloseTo(100, 6);
  });

  test("a level that stays is taken as the new baseline, and judged from there", () => {
    const detector = calm({ acceptSamples: 500 });
    pushUntilTold(detector, 150, 100);
    const [, event] = pushUntilTold(detector, 150, 1000);
    expect(event).toMatchObject({ kind: "accepted", samples: 500 });
    expect(detector.ready).toBe(false);
    expect(pushUntilTold(detector, 150, 200)[1]).toBeUndefined();
    expect(detector.baseline).toBeCloseTo(150, 6);
    expect(pushUntilTold(detector, 100, 100)[1]).toMatchObject({ kind: "shifted", direction: "down" });
  });
});

describe("seeded series with noise", () => {
  test.each([1.2, 0.8])("at σ 0.15, 95 of 100 shifts by %f are found within 60 samples", (factor) => {
    let found = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const told = run(noisySeries(0.15, 1060, seed, (i) => (i < 1000 ? 1 : factor)));
      expect(told.every(({ at }) => at >= 1000)).toBe(true);
      found += told.length > 0 ? 1 : 0;
    }
    expect(found).toBeGreaterThanOrEqual(95);
  });

  test("two days without a shift raise no alarm, with a daily wave of ±30 % neither", () => {
    const wave = (i: number): number => 1 + 0.3 * Math.sin((2 * Math.PI * i) / 86_400);
    expect(run(noisySeries(0.15, 86_400, 1))).toEqual([]);
    expect(run(noisySeries(0.15, 86_400, 2, wave))).toEqual([]);
  });

  test("more noise makes it look for a larger change, rather than cry wolf", () => {
    const detector = new LevelShift();
    for (const value of noisySeries(1, 20_000, 3)) expect(detector.push(value)).toBeUndefined();
    expect(detector.noise).toBeGreaterThan(0.9);
    expect(detector.noise).toBeLessThan(1.1);
    expect(detector.detectable).toBeGreaterThan(0.3);
  });

  test("autocorrelation counts as noise", () => {
    let last = 0;
    const detector = new LevelShift();
    for (const value of noisySeries(0.15, 20_000, 4)) {
      last = 0.5 * last + Math.log(value / 20);
      expect(detector.push(20 * Math.exp(last))).toBeUndefined();
    }
    // Long-run deviation of an AR(1) process: 0.15 / (1 − 0.5).
    expect(detector.noise).toBeGreaterThan(0.25);
    expect(detector.noise).toBeLessThan(0.35);
  });
});

describe("samples that are no level", () => {
  test("are left out and counted, and change nothing", () => {
    const detector = new LevelShift();
    const other = new LevelShift();
    for (const value of noisySeries(0.15, 500, 5)) {
      detector.push(value);
      for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, -1]) detector.push(odd);
      other.push(value);
    }
    expect(detector.skipped).toBe(1500);
    expect(detector.baseline).toBe(other.baseline);
  });

  test("a level that falls to 0 is a fall", () => {
    expect(pushUntilTold(calm(), 0, 20)[1]).toMatchObject({ kind: "shifted", direction: "down" });
  });

  test("no series makes it throw, or its figures anything but numbers", () => {
    const value = fc.oneof(fc.double(), fc.double({ min: 0, max: 1e6 }), fc.constant(0));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 400 }), (values) => {
        const detector = new LevelShift({ warmupSamples: 20, acceptSamples: 50 });
        for (const one of values) {
          const event = detector.push(one);
          if (event) expect(event.samples).toBeGreaterThan(0);
        }
        if (detector.baseline !== undefined) expect(detector.baseline).not.toBeNaN();
        if (detector.noise !== undefined) expect(detector.noise).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

test("wrong options are refused by name", () => {
  expect(() => new LevelShift({ minChange: 0 })).toThrow(
    "minChange: expected a finite number from 0.01 to 10",
  );
  expect(() => new LevelShift({ direction: "left" as "up" })).toThrow(RangeError);
  expect(() => new LevelShift({ window: 3 } as LevelShiftOptions)).toThrow(TypeError);
});
