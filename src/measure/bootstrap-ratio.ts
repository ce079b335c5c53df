import { finite, integer, knownKeys } from "../options.ts";
import { checkSamples, quantileOfSorted } from "./order-statistics.ts";
import { type Random, seededRandom } from "./random.ts";
import { criticalValue, normalTail, studentTail } from "./two-sided-tail.ts";

export interface BootstrapOptions {
  /** How often to draw anew, ≥ 100. @default 2000 */
  readonly resamples?: number;
  /** Share of repetitions whose interval holds the true ratio, between 0 and 1. @default 0.95 */
  readonly confidence?: number;
  /** An integer. @default 1 */
  readonly seed?: number;
}

export const bootstrapDefaults = Object.freeze({ resamples: 2000, confidence: 0.95, seed: 1 });

/** A ratio of medians and how sure it is. */
export interface RatioEstimate {
  /** Median of a by median of b, > 0. */
  readonly ratio: number;
  /** Lower end of the interval. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
  readonly confidence: number;
  /** Two-sided, of "the ratio is 1", by inversion of the interval; at least 2 / (resamples + 1). For `holm`. */
  readonly pValue: number;
}

/** One list per process, one figure > 0 per round. */
export type Samples = readonly (readonly number[])[];

/**
 * Interval of the ratio of two medians (over all rounds) by a hierarchical bootstrap: each draw takes processes, and
 * within each of them rounds, with replacement, since rounds of one process are more alike than processes are.
 *
 * A handful of processes shows less than the true variation between processes: where that outweighs the variation
 * between rounds, plain percentiles of three processes claim a difference in one A/A run of six, not of twenty. So the
 * distances from the ratio (as logarithms) are widened by t(degrees) / z × √(n / (n − 1)), with n the smaller number of
 * processes and degrees = both numbers − 2: by 1.73 for 3 and 3, by 1.32 for 5 and 5. One process says nothing of
 * others: its interval is not widened, and speaks of that process only.
 * @throws {RangeError} on no processes, no rounds, or a figure that isn't finite and > 0
 * @see Davison & Hinkley, Bootstrap Methods and their Application (1997), 3.8 (hierarchical data)
 * @see Hesterberg, What Teachers Should Know About the Bootstrap (2015), 4.4 (narrowness bias, expanded percentiles)
 */
export function bootstrapRatio(a: Samples, b: Samples, options: BootstrapOptions = {}): RatioEstimate {
  knownKeys("bootstrapRatio", options, Object.keys(bootstrapDefaults));
  const resamples = integer("resamples", options.resamples ?? bootstrapDefaults.resamples, 100);
  const confidence = finite("confidence", options.confidence ?? bootstrapDefaults.confidence, 0.5, 0.9999);
  const random = seededRandom(options.seed ?? bootstrapDefaults.seed);
  checkPositive("a", a);
  checkPositive("b", b);

  const observed = Math.log(medianOf(a.flat()) / medianOf(b.flat()));
  const factor = widening(a.length, b.length, confidence);
  const draws = new Float64Array(resamples);
  const ofA = medianResampler(a, random);
  const ofB = medianResampler(b, random);
  for (let i = 0; i < resamples; i++) {
    const drawn = Math.log(ofA() / ofB());
    draws[i] = observed + factor * (drawn - observed);
  }
  draws.sort();
  const tail = (1 - confidence) / 2;
  return {
    ratio: Math.exp(observed),
    low: Math.exp(quantileOfSorted(draws, tail)),
    high: Math.exp(quantileOfSorted(draws, 1 - tail)),
    confidence,
    pValue: pValueOf(draws),
  };
}

function checkPositive(name: string, samples: Samples): void {
  if (samples.length === 0) throw new RangeError(`${name}: expected at least one process, got none`);
  for (const [i, rounds] of samples.entries()) {
    checkSamples(`${name}[${i}]`, rounds);
    for (const [j, value] of rounds.entries())
      if (value <= 0) throw new RangeError(`${name}[${i}][${j}]: expected a number > 0, got ${value}`);
  }
}

/** How much wider than its bootstrap the interval has to be, for so many processes. */
function widening(processesA: number, processesB: number, confidence: number): number {
  const n = Math.min(processesA, processesB);
  if (n === 1) return 1;
  const degrees = processesA + processesB - 2;
  const t = degrees > 1000 ? normalTail : (x: number): number => studentTail(x, degrees);
  return (criticalValue(t, confidence) / criticalValue(normalTail, confidence)) * Math.sqrt(n / (n - 1));
}

/** @returns a function that draws anew and gives the draw's median; its buffer is made once, for it runs thousands of times */
function medianResampler(samples: Samples, random: Random): () => number {
  const buffer = new Float64Array(samples.length * Math.max(...samples.map((rounds) => rounds.length)));
  return () => {
    let drawn = 0;
    for (let i = 0; i < samples.length; i++) {
      const rounds = samples[Math.floor(random() * samples.length)]!;
      for (let j = 0; j < rounds.length; j++) buffer[drawn++] = rounds[Math.floor(random() * rounds.length)]!;
    }
    return quantileOfSorted(buffer.subarray(0, drawn).sort(), 0.5);
  };
}

/** Of numbers known to be fine. */
function medianOf(values: readonly number[]): number {
  return quantileOfSorted(Float64Array.from(values).sort(), 0.5);
}

/** Twice the share of draws on the rarer side of no difference; a draw of exactly none counts for both. */
function pValueOf(logRatios: Float64Array): number {
  let atOrBelow = 1;
  let atOrAbove = 1;
  for (const value of logRatios) {
    if (value <= 0) atOrBelow++;
    if (value >= 0) atOrAbove++;
  }
  return Math.min(1, (2 * Math.min(atOrBelow, atOrAbove)) / (logRatios.length + 1));
}
