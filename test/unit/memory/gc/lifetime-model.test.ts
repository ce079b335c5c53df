import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitLifetimes, predictSurvival } from "../../../../src/memory/gc/lifetime-model.ts";

const mib = 2 ** 20;

describe("lifetimes of young objects", () => {
  it("are told by how many survive a first and a second scavenge", () => {
    // One mean lifetime between scavenges: 1 − 1/e survive the first, 1/e of them the second.
    const survivalRate = 1 - Math.exp(-1);
    const found = fitLifetimes({ survivalRate, promotionRate: survivalRate / Math.E }, 8 * mib);
    expect(found.longerShare).toBeCloseTo(1, 10);
    expect(found.meanBytes).toBeCloseTo(8 * mib, 3);
  });

  it("predict survival with other sizes, the survivors' own room taken off", () => {
    const { survivalRate, promotionRate } = predictSurvival(
      { longerShare: 1, meanBytes: 8 * mib },
      8 * mib * (2 - Math.exp(-1)),
    );
    expect(survivalRate).toBeCloseTo(0.63212, 5);
    expect(promotionRate).toBeCloseTo(0.23254, 5);
  });

  it("are found again from the survival that they cause", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.double({ min: 0.1, max: 20, noNaN: true }),
        fc.integer({ min: 1, max: 64 }),
        (longerShare, lifetimes, semiMib) => {
          const meanBytes = (semiMib * mib) / lifetimes;
          const rates = predictSurvival({ longerShare, meanBytes }, semiMib * mib);
          const freshBytes = (semiMib * mib) / (1 + rates.survivalRate);
          const found = fitLifetimes(rates, freshBytes);
          expect(found.longerShare / longerShare).toBeCloseTo(1, 3);
          expect(found.meanBytes / meanBytes).toBeCloseTo(1, 3);
        },
      ),
    );
  });

  it("never predict more survivors for a larger semi-space", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e9, noNaN: true }),
        fc.integer({ min: 1, max: 512 }),
        (meanBytes, semiMib) => {
          const smaller = predictSurvival({ longerShare: 1, meanBytes }, semiMib * mib);
          const larger = predictSurvival({ longerShare: 1, meanBytes }, 2 * semiMib * mib);
          expect(larger.survivalRate).toBeLessThanOrEqual(smaller.survivalRate + 1e-9);
        },
      ),
    );
  });

  it("are endless where all survivors survive again, and none where nothing survives", () => {
    expect(fitLifetimes({ survivalRate: 0.5, promotionRate: 0.6 }, mib)).toEqual({
      longerShare: 0.5,
      meanBytes: Number.POSITIVE_INFINITY,
    });
    expect(fitLifetimes({ survivalRate: 0, promotionRate: 0 }, mib)).toEqual({
      longerShare: 0,
      meanBytes: 0,
    });
    expect(predictSurvival({ longerShare: 0.5, meanBytes: Number.POSITIVE_INFINITY }, mib)).toEqual({
      survivalRate: 0.5,
      promotionRate: 0.5,
    });
  });
});
