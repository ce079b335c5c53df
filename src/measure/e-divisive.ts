import { finite, integer, knownKeys } from "../options.ts";
import { checkSamples } from "./order-statistics.ts";
import { normalTail, studentTail } from "./two-sided-tail.ts";

export interface EDivisiveOptions {
  /** A change-point stays when its `pValue` is at most this, 1e-15 to 0.5. @default 0.001 */
  readonly maxPValue?: number | undefined;
  /** … and when the means differ by at least this share of the first, ≥ 0. @default 0 */
  readonly minChange?: number | undefined;
  /** Fewest samples of a segment, 2 to 1000. @default 5 */
  readonly minSegment?: number | undefined;
}

export const eDivisiveDefaults = Object.freeze({ maxPValue: 0.001, minChange: 0, minSegment: 5 });

/** Where the mean of a series changes. */
export interface ChangePoint {
  /** Index of the first sample after the change. */
  readonly index: number;
  /** Mean of the segment before it, and of the one that begins with it. */
  readonly before: number;
  readonly after: number;
  /** Two-sided, of Welch's t-test of the two, times the places that it was chosen from (Bonferroni). */
  readonly pValue: number;
}

/** Time grows with the square: so many samples take about half a second. */
const mostSamples = 10_000;
/** How much more a split may seem to be at first than it has to be in the end: neighbours may change it yet. */
const firstPValues = 10;

/**
 * Change-points of a whole series: E-divisive (the split with the largest energy distance, then each side again), with a
 * t-test in place of permutations, and the weakest points merged away until all that are left pass it, as Hunter does.
 * Unlike there, the test allows for the place being chosen by the same samples, or noise alone would pass it often.
 * Repeatable: nothing is random.
 * @param series finite numbers, 1 to 10,000
 * @returns in order of index
 * @throws {RangeError} on an empty or too long series, or a value that isn't finite
 * @see Matteson & James, A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data (2014)
 * @see Fleming et al., Hunter: Using Change Point Detection to Hunt for Performance Regressions (2023), now Apache Otava
 */
export function eDivisive(series: readonly number[], options: EDivisiveOptions = {}): readonly ChangePoint[] {
  knownKeys("eDivisive", options, Object.keys(eDivisiveDefaults));
  const maxPValue = finite("maxPValue", options.maxPValue ?? eDivisiveDefaults.maxPValue, 1e-15, 0.5);
  const minChange = finite("minChange", options.minChange ?? eDivisiveDefaults.minChange, 0);
  const minSegment = integer("minSegment", options.minSegment ?? eDivisiveDefaults.minSegment, 2, 1000);
  checkSamples("series", series);
  if (series.length > mostSamples)
    throw new RangeError(`series: expected at most ${mostSamples} samples, got ${series.length}`);

  const splits: number[] = [];
  const open: [number, number][] = [[0, series.length]];
  for (let segment = open.pop(); segment; segment = open.pop()) {
    const [from, to] = segment;
    const at = bestSplit(series, from, to, minSegment);
    if (at === undefined || compare(series, from, at, to).pValue > firstPValues * maxPValue) continue;
    splits.push(at);
    open.push([from, at], [at, to]);
  }
  splits.sort((a, b) => a - b);
  for (;;) {
    const points = splits.map((at, i) =>
      compare(series, splits[i - 1] ?? 0, at, splits[i + 1] ?? series.length),
    );
    const isSmall = ({ before, after }: ChangePoint): boolean =>
      Math.abs(after - before) < minChange * Math.abs(before);
    // Merging one changes its neighbours' tests, so they go one by one: first the least sure, then the smallest.
    const weakest =
      worst(points, ({ pValue }) => (pValue > maxPValue ? pValue : -1)) ??
      worst(points, (point) => (isSmall(point) ? 1 / (1 + Math.abs(point.after - point.before)) : -1));
    if (weakest === undefined) return points;
    splits.splice(weakest, 1);
  }
}

/** @returns index of the largest score ≥ 0 */
function worst(points: readonly ChangePoint[], score: (point: ChangePoint) => number): number | undefined {
  let index: number | undefined;
  let most = -1;
  for (const [i, point] of points.entries()) {
    const own = score(point);
    if (own >= 0 && own > most) {
      most = own;
      index = i;
    }
  }
  return index;
}

/** The split of [from, to) with the largest energy distance, weighted by m n / (m + n). */
function bestSplit(
  series: readonly number[],
  from: number,
  to: number,
  minSegment: number,
): number | undefined {
  const length = to - from;
  if (length < 2 * minSegment) return undefined;
  // Sums of |x − y| over pairs: within the left, within the right, and between the two. Each step moves one sample.
  let left = 0;
  let right = 0;
  let between = 0;
  for (let i = from; i < to; i++) for (let j = i + 1; j < to; j++) right += Math.abs(series[i]! - series[j]!);
  let best = 0;
  let at: number | undefined;
  for (let split = from + 1; split <= to - minSegment; split++) {
    const moved = series[split - 1]!;
    let toLeft = 0;
    let toRight = 0;
    for (let i = from; i < split - 1; i++) toLeft += Math.abs(moved - series[i]!);
    for (let i = split; i < to; i++) toRight += Math.abs(moved - series[i]!);
    left += toLeft;
    right -= toRight;
    between += toRight - toLeft;
    const n = split - from;
    const m = length - n;
    if (n < minSegment) continue;
    const energy =
      ((n * m) / length) *
      ((2 * between) / (n * m) - (2 * left) / (n * (n - 1)) - (2 * right) / (m * (m - 1)));
    if (energy > best) {
      best = energy;
      at = split;
    }
  }
  return at;
}

/** Welch's t-test of [from, at) and [at, to), for a place chosen among all there are. */
function compare(series: readonly number[], from: number, at: number, to: number): ChangePoint {
  const a = moments(series, from, at);
  const b = moments(series, at, to);
  const point = { index: at, before: a.mean, after: b.mean };
  const [va, vb] = [a.variance / a.n, b.variance / b.n];
  if (va + vb === 0) return { ...point, pValue: a.mean === b.mean ? 1 : 0 };
  const t = Math.abs(a.mean - b.mean) / Math.sqrt(va + vb);
  const degrees = (va + vb) ** 2 / (va ** 2 / (a.n - 1) + vb ** 2 / (b.n - 1));
  const pValue = degrees > 1000 ? normalTail(t) : studentTail(t, degrees);
  return { ...point, pValue: Math.min(1, pValue * (to - from)) };
}

function moments(series: readonly number[], from: number, to: number) {
  const n = to - from;
  let mean = 0;
  for (let i = from; i < to; i++) mean += series[i]!;
  mean /= n;
  let variance = 0;
  for (let i = from; i < to; i++) variance += (series[i]! - mean) ** 2 / (n - 1);
  return { n, mean, variance };
}
