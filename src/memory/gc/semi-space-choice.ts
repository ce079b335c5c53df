import type { GcExpectation } from "./gc-advice.ts";
import { type GcObservation, gcRates } from "./gc-observation.ts";
import { type Lifetimes, predictSurvival } from "./lifetime-model.ts";

const mib = 2 ** 20;

/** Sizes whose gain differs by less count as equal; the one that takes less memory is chosen. */
const equalWithin = 0.02;

/** Below, resident memory was the same as with 2 MiB. */
const smallestBytes = 2 * mib;

/**
 * What another size of semi-space is expected to cost. Time in scavenges goes with the bytes that they copy for each byte
 * allocated, time in full collections with the bytes promoted.
 */
export function expectWith(
  observation: GcObservation,
  lifetimes: Lifetimes,
  semiSpaceBytes: number,
): GcExpectation {
  const nowBytes = observation.sample.semiSpaceBytes;
  const { gcTimeShare = 0, minorTimeShare = 0 } = gcRates(observation);
  const now = predictSurvival(lifetimes, nowBytes);
  const then = predictSurvival(lifetimes, semiSpaceBytes);
  const minorTimes = ratio(then.survivalRate + then.promotionRate, now.survivalRate + now.promotionRate);
  const majorTimes = ratio(then.promotionRate, now.promotionRate);
  const gcAfter = minorTimeShare * minorTimes + (gcTimeShare - minorTimeShare) * majorTimes;
  // The work itself takes as long as before.
  const timeAfter = 1 - gcTimeShare + gcAfter;
  return {
    semiSpaceBytes,
    gcTimeShareBefore: gcTimeShare,
    gcTimeShareAfter: timeAfter === 0 ? 0 : gcAfter / timeAfter,
    speedup: timeAfter === 0 ? 1 : 1 / timeAfter,
    residentBytes: 2 * (semiSpaceBytes - nowBytes),
  };
}

/** The smallest larger semi-space that gains as much as any; `undefined` where none up to `maxBytes` is to be had. */
export function largerSemiSpace(
  observation: GcObservation,
  lifetimes: Lifetimes,
  maxBytes: number,
): GcExpectation | undefined {
  const choices: GcExpectation[] = [];
  for (let bytes = observation.sample.semiSpaceBytes * 2; bytes <= maxBytes; bytes *= 2)
    choices.push(expectWith(observation, lifetimes, bytes));
  const best = Math.max(...choices.map(({ speedup }) => speedup));
  return choices.find(({ speedup }) => speedup >= best * (1 - equalWithin));
}

/** The smallest semi-space that costs no more than `maxSlowdown` (0.1: a tenth more time); `undefined` where none is smaller. */
export function smallerSemiSpace(
  observation: GcObservation,
  lifetimes: Lifetimes,
  maxSlowdown: number,
): GcExpectation | undefined {
  for (let bytes = smallestBytes; bytes < observation.sample.semiSpaceBytes; bytes *= 2) {
    const expected = expectWith(observation, lifetimes, bytes);
    if (1 / expected.speedup <= 1 + maxSlowdown) return expected;
  }
  return undefined;
}

function ratio(then: number, now: number): number {
  // Nothing was copied, so its time is no survivors' time and stays.
  return now === 0 ? 1 : then / now;
}
