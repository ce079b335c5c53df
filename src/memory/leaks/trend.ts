import { criticalValue, normalTail } from "../../measure/two-sided-tail.ts";

/** How fast something grows, robust against outliers. */
export interface Trend {
  /** Median of the slopes between all pairs (Theil–Sen), in y by x. */
  readonly slope: number;
  /** Interval of the slope (Sen), at the confidence asked for; infinite where there are too few points for it. */
  readonly low: number;
  readonly high: number;
  /** Probability of as much order among unrelated points, of two sides (Mann–Kendall): 1 down to 0. */
  readonly significance: number;
}

/**
 * Theil–Sen's line through points, with Sen's interval.
 * @param xs ascending, of the same length as `ys`, at least 2 of them different
 * @param confidence from 0 to 1, both excluded @default 0.95
 * @returns `undefined` when there are not two different xs
 * @see P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63 (1968)
 */
export function trendOf(xs: readonly number[], ys: readonly number[], confidence = 0.95): Trend | undefined {
  const slopes: number[] = [];
  let order = 0;
  for (let i = 0; i < xs.length; i++)
    for (let j = i + 1; j < xs.length; j++) {
      const [dx, dy] = [xs[j]! - xs[i]!, ys[j]! - ys[i]!];
      if (dx === 0) continue;
      slopes.push(dy / dx);
      order += Math.sign(dy);
    }
  if (slopes.length === 0) return undefined;
  const ascending = Float64Array.from(slopes).sort();
  const n = xs.length;
  const deviation = Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const width = criticalValue(normalTail, confidence) * deviation;
  const middle = ascending.length / 2;
  return {
    slope: (ascending[Math.floor(middle - 0.5)]! + ascending[Math.ceil(middle - 0.5)]!) / 2,
    low: ascending[Math.floor(middle - width / 2) - 1] ?? Number.NEGATIVE_INFINITY,
    high: ascending[Math.ceil(middle + width / 2)] ?? Number.POSITIVE_INFINITY,
    significance: normalTail(Math.max(0, Math.abs(order) - 1) / deviation),
  };
}
