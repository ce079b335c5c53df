import { quantile, type RatioEstimate } from "../measure/index.ts";
import type { RowComparison, VariantResult } from "./report-document.ts";

/** The figure that a row is about, and how far it spreads. */
export interface ShownFigure {
  readonly median: number;
  /** Lower quartile of the rounds' times, or the least of the processes' counters. */
  readonly low: number;
  /** Upper quartile, or the most. */
  readonly high: number;
}

/** @returns the variant's counter where the row has one, else its wall time in nanoseconds for each operation */
export function shownFigure({
  counter,
  wallNs,
}: Extract<VariantResult, { status: "measured" }>): ShownFigure {
  if (counter === undefined)
    return { median: wallNs.median, low: wallNs.lowerQuartile, high: wallNs.upperQuartile };
  return { median: quantile(counter, 0.5), low: Math.min(...counter), high: Math.max(...counter) };
}

/** @returns the ratio that decides the row */
export const shownRatio = ({ counter, wall }: RowComparison): RatioEstimate => counter ?? wall;
