import type { ArmResult } from "./arm-result.ts";
import { type BootstrapOptions, bootstrapRatio, type RatioEstimate } from "./bootstrap-ratio.ts";
import { type Verdict, verdict } from "./verdict.ts";

/** How two arms compare: ratios a / b, so 2 means that b takes half of a's time. */
export interface Comparison {
  /** Names of the arms. */
  readonly a: string;
  readonly b: string;
  readonly wall: RatioEstimate;
  readonly cpu: RatioEstimate;
  /** Of b against a, by wall time. */
  readonly verdict: Verdict;
}

/**
 * Compares two arms of one measurement.
 * @param a the baseline
 * @param b what may be better
 * @throws {RangeError} on an arm without rounds
 */
export function compareArms(a: ArmResult, b: ArmResult, options: BootstrapOptions = {}): Comparison {
  const wall = bootstrapRatio(a.wallNs, b.wallNs, options);
  const cpu = bootstrapRatio(a.cpuNs, b.cpuNs, options);
  return { a: a.name, b: b.name, wall, cpu, verdict: verdict(wall) };
}
