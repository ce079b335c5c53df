import type { RatioEstimate } from "../measure/index.ts";
import type { CheckResult, Engine, Figure, Plan, ReferenceClaim, Unit } from "./workload.ts";

/** Raised whenever a field changes its meaning or goes away. */
export const schemaVersion = 1;

/** One variant in a row. */
export type VariantResult =
  | {
      readonly status: "measured";
      readonly name: string;
      readonly about: string;
      /** Wall time of one operation, in nanoseconds, over all rounds of all processes. */
      readonly wallNs: Spread;
      /** CPU time of one operation, user and system, of the variant's process with all its threads, in nanoseconds. */
      readonly cpuNs: Spread;
      /** Rounds that the figures rest on. */
      readonly rounds: number;
      /** The row's counter in each process; absent where the row is one of times. */
      readonly counter?: readonly number[];
    }
  | {
      readonly status: "not-installed";
      readonly name: string;
      readonly about: string;
      /** npm package to install. */
      readonly install: string;
    }
  | {
      readonly status: "failed" | "not-run";
      readonly name: string;
      readonly about: string;
      readonly error?: string;
    };

/** A median and the quartiles around it. */
export interface Spread {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}

/** What another variant takes over what the optimized one takes: 2 means that the optimized one takes half. */
export interface RowComparison {
  readonly wall: RatioEstimate;
  readonly cpu: RatioEstimate;
  /** Of the row's counter, which then decides: above 1 where the optimized one is better. Absent in a row of times. */
  readonly counter?: RatioEstimate;
}

/**
 * What a row shows of the optimized variant against the baseline, by its counter or by wall time. `no-difference` is
 * not "equal": it says that the difference is within the noise of this run. `no-baseline` means that the baseline is a
 * package which isn't installed.
 */
export type RowVerdict =
  | "better"
  | "worse"
  | "no-difference"
  | "no-baseline"
  | "answers-differ"
  | "failed"
  | "not-run";

/** One measured row. */
export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly input: string;
  readonly unit: Unit;
  readonly baseline: VariantResult;
  readonly peer?: VariantResult;
  readonly optimized: VariantResult;
  /** Against the baseline; absent when one of the two was not measured. */
  readonly vsBaseline?: RowComparison;
  readonly vsPeer?: RowComparison;
  readonly repetitions: Repetitions;
  readonly check?: CheckResult;
  readonly verdict: RowVerdict;
  /** True when the run was cut short while this row was measured. */
  readonly partial: boolean;
  readonly reference?: ReferenceClaim;
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
  /** What the runner found fault with: few rounds, an uneven machine. */
  readonly warnings: readonly string[];
  /** Why there is no figure, or why the run of this row ended early. */
  readonly error?: string;
}

/** How often a row was measured; cut short, it is less than was planned. */
export interface Repetitions extends Plan {
  readonly operationsPerRound: number;
}

/** All rows of one room. */
export interface AreaResult {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly rows: readonly RowResult[];
  readonly limits: readonly string[];
  /** Why the room could not be opened; it then has no rows. */
  readonly error?: string;
  /** What is to be done so that its rows can be measured here: `install redis-server`. */
  readonly missing?: string;
}

/** The whole report, as its JSON file has it. */
export interface ReportDocument {
  readonly schema: "victor-optimizations/report";
  readonly schemaVersion: typeof schemaVersion;
  /** Of the toolkit. */
  readonly version: string;
  /** ISO 8601, when the run began. */
  readonly startedAt: string;
  readonly durationSeconds: number;
  /** True while rows are still to come, or when the run was cut short. */
  readonly partial: boolean;
  /** What cut it short, for people. */
  readonly partialReason?: string;
  readonly quick: boolean;
  readonly engine: Engine;
  readonly seed: number;
  /** What to type to measure this again. */
  readonly command: string;
  /** Machine and versions: name to value, in the order to print. */
  readonly environment: Readonly<Record<string, string>>;
  readonly areas: readonly AreaResult[];
}
