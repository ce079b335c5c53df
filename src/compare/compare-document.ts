import type { MetricComparison } from "./judge.ts";
import type { MetricId, RunFigures } from "./metric.ts";

/** Raised when a field changes its meaning or goes; a new field doesn't raise it. */
export const compareSchemaVersion = 1;

/** One process, and what came of it. */
export interface ComparedRun {
  /** From 1. */
  readonly round: number;
  readonly figures: RunFigures;
  /** How many answers of each kind: "200", "timeout"; of a job, its exit code. */
  readonly statuses: Readonly<Record<string, number>>;
}

export interface ComparedProgram {
  readonly name: string;
  readonly command: string;
  readonly runs: readonly ComparedRun[];
}

/** Two programs, metric by metric. */
export interface ProgramComparison {
  /** Names of programs; ratios are b / a. With `ablate`, `loading` is auto mode with no step: each step is compared with it. */
  readonly a: string;
  readonly b: string;
  /** Claims of one family are corrected together. */
  readonly family: "main" | "ablation";
  readonly metrics: readonly MetricComparison[];
}

/** What one optimization did, as the program itself says. */
export interface AppliedStep {
  readonly id: string;
  readonly title?: string;
  readonly risk?: string;
  readonly state: string;
  readonly reason?: string;
}

/** All that a comparison says, as its JSON form has it. Durations are in milliseconds. */
export interface CompareDocument {
  readonly schemaVersion: typeof compareSchemaVersion;
  readonly toolkitVersion: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly kind: "server" | "job";
  readonly url?: string;
  readonly script?: string;
  /** Programs alive at once take turns of `slotMs`; else they run one after the other. */
  readonly sideBySide: boolean;
  /** Requests a second. */
  readonly rate?: number;
  /** How the rate was found. */
  readonly rateOrigin?: string;
  readonly slotMs?: number;
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly rounds: { readonly planned: number; readonly done: number };
  /** Stopped before its end. */
  readonly partial: boolean;
  readonly seed: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly programs: readonly ComparedProgram[];
  readonly comparisons: readonly ProgramComparison[];
  /** p-value, corrected for the family, below which a difference is claimed. */
  readonly familyLevel: number;
  /** Absent where the programs don't tell. */
  readonly steps?: readonly AppliedStep[];
  /** Whether the programs gave the same answers. */
  readonly answers: { readonly verdict: "same" | "differ" | "not comparable"; readonly detail: string };
  /** Metrics that are not there, and why. */
  readonly leftOut: readonly { readonly metric: MetricId; readonly why: string }[];
  readonly warnings: readonly string[];
}
