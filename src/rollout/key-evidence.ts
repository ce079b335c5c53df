import type { RolloutArm } from "./arm.ts";
import type { KeyTally } from "./key-tallies.ts";

/** A logarithm beyond this proves no more, and would overflow. */
const richest = 600;
/** Of the search for the best bet: its scale is known to 2 % then, the evidence to less than that. */
const steps = 12;
const golden = (Math.sqrt(5) - 1) / 2;

/**
 * Do the keys of one arm have more events than chance gives it? A key falls to an arm as a whole, so that with few keys,
 * unlike each other, the arms differ by who is in them, and more calls of the same keys prove nothing more.
 *
 * Null hypothesis: what keys do has nothing to do with their arm. Then, given all that they did, each is of the suspected
 * arm with the probability p, independently. With sᵤ = eventsᵤ − rate × callsᵤ, whatever the keys are like,
 *
 * exp(Σᵤ λ aᵤ sᵤ − ln(1 − p + p exp(λ sᵤ))), aᵤ = 1 in the suspected arm, else 0
 *
 * has the mean 1 for each λ. The best λ makes it Chernoff's bound: unlike a variance and its t, it holds for three keys.
 * @param p probability of the suspected arm, > 0 and < 1
 * @param weight of its events, > 0: 1 / 1.1 allows 10 % more of them
 * @returns at least 1: without a difference it comes to x with a probability of about 1 / x at a single look
 * @see Chernoff, A Measure of Asymptotic Efficiency for Tests of a Hypothesis (1952), https://doi.org/10.1214/aoms/1177729330
 */
export function keyEvidence(tallies: Iterable<KeyTally>, suspect: RolloutArm, p: number, weight = 1): number {
  const all = [...tallies];
  const eventsOf = ({ arm, events }: KeyTally): number => (arm === suspect ? weight * events : events);
  let calls = 0;
  let events = 0;
  for (const tally of all) {
    calls += tally.keys * tally.calls;
    events += tally.keys * eventsOf(tally);
  }
  const rate = events / Math.max(1, calls);
  const excesses = all.map((tally) => eventsOf(tally) - rate * tally.calls);
  let excess = 0;
  let variance = 0;
  for (const [i, { arm, keys }] of all.entries()) {
    const s = excesses[i]!;
    excess += keys * s * ((arm === suspect ? 1 : 0) - p);
    variance += keys * s * s * p * (1 - p);
  }
  if (!(excess > 0 && variance > 0)) return 1;
  const logEvidence = (lambda: number): number => {
    let sum = 0;
    for (const [i, { arm, keys }] of all.entries()) {
      const bet = lambda * excesses[i]!;
      const normalizer = bet > richest ? bet + Math.log(p) : Math.log1p(p * Math.expm1(bet));
      sum += keys * ((arm === suspect ? bet : 0) - normalizer);
    }
    return sum;
  };
  return Math.exp(Math.min(richest, Math.max(0, highest(logEvidence, excess / variance))));
}

/** @returns nearly the maximum of a concave function around the scale, by the golden section of its logarithm */
function highest(of: (x: number) => number, scale: number): number {
  const at = (log: number): number => of(scale * Math.exp(log));
  let [low, high] = [Math.log(1 / 200), Math.log(8)];
  let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
  let [ofLeft, ofRight] = [at(left), at(right)];
  for (let step = 0; step < steps; step++)
    if (ofLeft < ofRight) {
      [low, left, ofLeft] = [left, right, ofRight];
      right = low + golden * (high - low);
      ofRight = at(right);
    } else {
      [high, right, ofRight] = [right, left, ofLeft];
      left = high - golden * (high - low);
      ofLeft = at(left);
    }
  return Math.max(ofLeft, ofRight);
}
