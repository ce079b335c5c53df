import type { RatioEstimate } from "./bootstrap-ratio.ts";

/** Of b against a, where less is better. "No difference shown" is not "equal": the interval says how far apart they may be. */
export type Verdict = "better" | "worse" | "no difference shown";

/**
 * Judges a ratio a / b of times or costs.
 * @param pValue adjusted (`holm`) where several metrics are judged together @default the estimate's own
 * @returns "better" or "worse" when the interval excludes 1 and the p-value is below 1 − confidence
 */
export function verdict(estimate: RatioEstimate, pValue: number = estimate.pValue): Verdict {
  if (!(pValue < 1 - estimate.confidence)) return "no difference shown";
  if (estimate.low > 1) return "better";
  return estimate.high < 1 ? "worse" : "no difference shown";
}
