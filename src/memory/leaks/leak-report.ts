import type { PathStep } from "../snapshot/retaining-path.ts";
import type { AllocationSite } from "./allocation-site.ts";
import type { Holder } from "./holder-growth.ts";

/** By how long it takes at this rate until V8's heap limit is reached: less than an hour or 100,000 operations; a day or 10 million. */
export type LeakSeverity = "high" | "medium" | "low";

/** Bytes by operation or by second, with a 95 % interval. */
export interface GrowthRate {
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
}

/** Objects that come, and stay. */
export interface LeakSuspect {
  /** Of the objects that stay; `undefined` when nobody counted them. */
  readonly constructorName: string | undefined;
  /**
   * The function that allocated them: the innermost that isn't Node's own. V8 doesn't know functions that it has inlined into others,
   * whose caller is named then. `undefined` when the samples show none.
   */
  readonly site: AllocationSite | undefined;
  /** Who called whom when they were allocated, innermost first. */
  readonly stack: readonly AllocationSite[];
  readonly rate: GrowthRate;
  /** Part of all growth, from 0 to 1. */
  readonly share: number;
  readonly severity: LeakSeverity;
  /** What holds them; `undefined` unless asked for. */
  readonly holder: Holder | undefined;
  /** From the root to one of them, by way of the holder; `undefined` unless asked for. */
  readonly retainingPath: readonly PathStep[] | undefined;
  /** What to do about it. */
  readonly nextStep: string;
}

export interface LeakReport {
  readonly status: "leaking" | "steady" | "not enough evidence";
  /** What rates are by. */
  readonly per: "operation" | "second";
  /** Operations or seconds looked at, warming up left out. */
  readonly measured: number;
  /** Of the whole heap, and of what is outside of it (buffers); `undefined` below two samples. */
  readonly rate: GrowthRate | undefined;
  /** Chance of as steady a trend without any growth (Mann–Kendall), from 0 to 1: not enough by itself, controls have small ones too. */
  readonly significance: number | undefined;
  /** Without enough evidence: how many more operations or seconds it takes, as an estimate; NaN when nothing is known yet. */
  readonly more: number | undefined;
  /** The most evident first; empty unless it leaks. */
  readonly suspects: readonly LeakSuspect[];
  /** All that holds more than before, by bytes, descending; empty unless asked for. */
  readonly holders: readonly Holder[];
  /** Classes of which there are more objects, as far as they were counted, by number. */
  readonly classes: readonly ClassGrowth[];
  /** What the detector couldn't do, and why. */
  readonly notes: readonly string[];
}

export interface ClassGrowth {
  readonly name: string;
  /** More objects by operation or second. */
  readonly rate: number;
}

const limits = { operation: [1e5, 1e7], second: [3600, 86_400] } as const;

/** @param freeBytes until the heap is full */
export function severityOf(bytesBy: number, per: LeakReport["per"], freeBytes: number): LeakSeverity {
  const lasts = freeBytes / bytesBy;
  return lasts < limits[per][0] ? "high" : lasts < limits[per][1] ? "medium" : "low";
}
