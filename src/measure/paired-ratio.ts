import { finite, knownKeys } from "../options.ts";
import type { RatioEstimate } from "./bootstrap-ratio.ts";
import { checkSamples } from "./order-statistics.ts";
import { criticalValue, normalTail, studentTail } from "./two-sided-tail.ts";

/** How sure a `pairedRatio` has to be. */
export interface PairedRatioOptions {
  /** Share of repetitions whose interval holds the true ratio, between 0.5 and 0.9999. @default 0.95 */
  readonly confidence?: number;
}

export const pairedRatioDefaults = Object.freeze({ confidence: 0.95 });

/**
 * Interval of the ratio a / b of figures that were taken in pairs, side by side, so that what the machine did to one of
 * a pair it did to the other, and the ratio doesn't see it: Student's t on the logarithms of the pairs' ratios.
 * `ratio` is their geometric mean. One pair is one unit, however many requests or rounds went into its two figures.
 * @param a one figure > 0 a pair
 * @param b as many, in the same order
 * @throws {RangeError} on fewer than two pairs, lists of different lengths, or a figure that isn't finite and > 0
 */
export function pairedRatio(
  a: readonly number[],
  b: readonly number[],
  options: PairedRatioOptions = {},
): RatioEstimate {
  knownKeys("pairedRatio", options, Object.keys(pairedRatioDefaults));
  const confidence = finite("confidence", options.confidence ?? pairedRatioDefaults.confidence, 0.5, 0.9999);
  const { centre, error, pairs } = logRatios(a, b);
  const tail = tailOf(pairs - 1);
  const reach = criticalValue(tail, confidence) * error;
  return {
    ratio: Math.exp(centre),
    low: Math.exp(centre - reach),
    high: Math.exp(centre + reach),
    confidence,
    pValue: error > 0 ? tail(Math.abs(centre) / error) : centre === 0 ? 1 : 2 ** (1 - pairs),
  };
}

/**
 * The smallest true difference that pairs as scattered as these would have shown in nine of ten such measurements, as a
 * ratio > 1: 1.05 for 5 %.
 * @param level two-sided p-value below which a difference is claimed, between 0 and 1
 * @throws {RangeError} as `pairedRatio`
 */
export function detectableRatio(a: readonly number[], b: readonly number[], level: number): number {
  finite("level", level, Number.MIN_VALUE, 1);
  const { error, pairs } = logRatios(a, b);
  const tail = tailOf(pairs - 1);
  // 80 % lie within this of the middle, so 90 % on one side of it.
  return Math.exp((criticalValue(tail, 1 - level) + criticalValue(tail, 0.8)) * error);
}

const tailOf = (degrees: number) =>
  degrees > 1000 ? normalTail : (t: number): number => studentTail(t, degrees);

/** Mean of the pairs' log ratios, and its standard error. */
function logRatios(a: readonly number[], b: readonly number[]) {
  checkPositive("a", a);
  checkPositive("b", b);
  if (a.length !== b.length)
    throw new RangeError(`b: expected as many figures as in a (${a.length}), got ${b.length}`);
  const pairs = a.length;
  if (pairs < 2) throw new RangeError(`a: expected at least two pairs, got ${pairs}`);
  const logs = a.map((value, i) => Math.log(value / b[i]!));
  const centre = logs.reduce((sum, log) => sum + log, 0) / pairs;
  const squares = logs.reduce((sum, log) => sum + (log - centre) ** 2, 0);
  const error = Math.sqrt(squares / (pairs - 1) / pairs);
  // Equal logarithms have a mean that rounding moves by a last digit.
  return { centre, error: error < 1e-12 ? 0 : error, pairs };
}

function checkPositive(name: string, samples: readonly number[]): void {
  checkSamples(name, samples);
  for (const [i, value] of samples.entries())
    if (value <= 0) throw new RangeError(`${name}[${i}]: expected a number > 0, got ${value}`);
}
