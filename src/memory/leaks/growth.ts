import { mad } from "../../measure/order-statistics.ts";
import { type Trend, trendOf } from "./trend.ts";

/** What a series of live bytes says. */
export type Growth =
  | { readonly status: "leaking"; readonly trend: Trend }
  | { readonly status: "steady"; readonly trend: Trend }
  | {
      readonly status: "not enough evidence";
      readonly trend: Trend | undefined;
      /** How much further the series should go, in its x; an estimate. */
      readonly more: number;
    };

export interface GrowthGates {
  /** Points below which nothing is said. */
  readonly minPoints: number;
  /** The series must have grown by so many bytes at least, at the lower end of the interval. */
  readonly minBytes: number;
  /** Growth slower than this isn't called a leak, in bytes by x. */
  readonly minSlope: number;
}

/** The later half must grow by at least this part of the whole's slope: what fills up slows down. */
const persistence = 0.5;

/** The growth must be so many times what the points usually are off the trend. */
const overSwing = 2;

/** Mann–Kendall's chance below which order is taken for real. */
const maxSignificance = 0.05;

/**
 * Tells a leak from noise, from warming up, and from what fills and stays full. A trend that is merely significant is none of
 * these: after a collection, heaps creep upwards by some bytes nearly always. So growth counts only when it is large enough
 * at the lower end of its interval, also beside what the heap swings about its trend, goes on in the later half, and is still there at the end.
 * @param xs operations or seconds, ascending
 * @param ys live bytes
 */
export function growthOf(
  xs: readonly number[],
  ys: readonly number[],
  { minPoints, minBytes, minSlope }: GrowthGates,
): Growth {
  const span = (xs.at(-1) ?? 0) - (xs[0] ?? 0);
  const trend = trendOf(xs, ys);
  if (trend === undefined || xs.length < minPoints)
    return { status: "not enough evidence", trend, more: missingSpan(span, xs.length, minPoints) };
  const half = Math.floor(xs.length / 2);
  const later = trendOf(xs.slice(half), ys.slice(half));
  const grown = ys.at(-1)! - ys[0]!;
  const goesOn =
    trend.slope > 0 &&
    trend.slope >= minSlope &&
    (later?.slope ?? 0) >= persistence * trend.slope &&
    grown >= persistence * trend.slope * span;
  const swing = mad(xs.map((x, i) => ys[i]! - trend.slope * x));
  const enough = Math.max(minBytes, overSwing * swing);
  if (goesOn && trend.low * span >= enough && trend.significance <= maxSignificance)
    return { status: "leaking", trend };
  // Too little for now: at this rate it would be enough later, unless it stops.
  if (goesOn) return { status: "not enough evidence", trend, more: moreSpan(trend.slope, span, enough) };
  // It fell once and grows since then, which a leak after a late clean-up does, and a cache that is emptied now and then as well.
  if (later !== undefined && later.slope >= minSlope && later.low * span > minBytes)
    return { status: "not enough evidence", trend, more: moreSpan(later.slope, span, minBytes) };
  return { status: "steady", trend };
}

function moreSpan(slope: number, span: number, minBytes: number): number {
  return Math.max(minBytes / slope - span, span / 2);
}

function missingSpan(span: number, points: number, minPoints: number): number {
  return points < 2 ? Number.NaN : (span / (points - 1)) * Math.max(1, minPoints - points);
}
