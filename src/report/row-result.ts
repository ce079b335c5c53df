import { type ArmResult, compareArms, type Measurement, quantile, verdict } from "../measure/index.ts";
import type {
  Repetitions,
  RowComparison,
  RowResult,
  RowVerdict,
  Spread,
  VariantResult,
} from "./report-document.ts";
import {
  type CheckResult,
  isMissing,
  type MissingVariant,
  sameAnswers,
  type Variant,
  type Workload,
} from "./workload.ts";

/** Names of the arms in a measurement. */
export const armNames = Object.freeze({ baseline: "baseline", peer: "peer", optimized: "optimized" });

/** What is known of a row besides its measurement. */
export interface RowOutcome {
  readonly repetitions: Repetitions;
  /** Absent when nothing could be measured. */
  readonly measurement?: Measurement;
  /** Why the row has no figures, or fewer. */
  readonly error?: string;
  /** Why the peer alone has no figures. */
  readonly peerError?: string;
}

/** Puts together the row of a workload from what was measured of it. */
export function rowResult(workload: Workload, outcome: RowOutcome): RowResult {
  const { measurement, error, peerError, repetitions } = outcome;
  const arm = (name: string): ArmResult | undefined => {
    const found = measurement?.arms.find((result) => result.name === name);
    return found?.wallNs.length ? found : undefined;
  };
  const [baseline, peer, optimized] = [arm(armNames.baseline), arm(armNames.peer), arm(armNames.optimized)];
  const check = measurement && checkOf(workload, measurement);
  const vsBaseline = compare(baseline, optimized);
  const vsPeer = compare(peer, optimized);
  return {
    id: workload.id,
    title: workload.title,
    question: workload.question,
    input: workload.input,
    unit: workload.unit,
    baseline: variantResult(workload.baseline, baseline, error),
    ...(workload.peer && { peer: variantResult(workload.peer, peer, error ?? peerError) }),
    optimized: variantResult(workload.optimized, optimized, error),
    ...(vsBaseline && { vsBaseline }),
    ...(vsPeer && { vsPeer }),
    repetitions: measured(repetitions, baseline),
    ...(check && { check }),
    verdict: judge(vsBaseline, check, error),
    partial: measurement?.partial ?? false,
    ...(workload.reference && { reference: workload.reference }),
    figures: (check?.ok && optimized && workload.figures?.(optimized.counters)) || [],
    notes: workload.notes ?? [],
    warnings: (measurement?.warnings ?? []).map((text) => nameVariants(workload, text)),
    ...((error ?? peerError) && { error: error ?? peerError }),
  };
}

/** A row that was not reached. */
export const unmeasuredRow = (workload: Workload, repetitions: Repetitions): RowResult =>
  rowResult(workload, { repetitions: { ...repetitions, processes: 0, rounds: 0 } });

function variantResult(
  variant: Variant | MissingVariant,
  arm: ArmResult | undefined,
  error: string | undefined,
): VariantResult {
  const { name, about } = variant;
  if (isMissing(variant)) return { status: "not-installed", name, about, install: variant.install };
  if (!arm)
    return error === undefined
      ? { status: "not-run", name, about }
      : { status: "failed", name, about, error };
  return {
    status: "measured",
    name,
    about,
    wallNs: spread(arm.wallNs.flat()),
    cpuNs: spread(arm.cpuNs.flat()),
    rounds: arm.wallNs.flat().length,
  };
}

function spread(values: readonly number[]): Spread {
  return {
    median: quantile(values, 0.5),
    lowerQuartile: quantile(values, 0.25),
    upperQuartile: quantile(values, 0.75),
  };
}

function compare(before: ArmResult | undefined, after: ArmResult | undefined): RowComparison | undefined {
  if (!before || !after) return undefined;
  const { wall, cpu } = compareArms(before, after);
  return { wall, cpu };
}

/** Variants that were cut short did not all do the same, and are not compared. */
function checkOf(workload: Workload, { arms, partial, warnings }: Measurement): CheckResult | undefined {
  if (partial) return undefined;
  const unstable = warnings.find((warning) => warning.includes("gave different answers"));
  if (unstable !== undefined) return { ok: false, detail: nameVariants(workload, unstable) };
  const answers = arms.map(({ name, answer }) => ({ variant: variantName(workload, name), answer }));
  return (workload.check ?? sameAnswers)(answers);
}

/**
 * Judges by wall time alone, as `measure/` does; figures of variants that did not do the same count for nothing.
 * A row that was cut short is judged by the rounds that it has.
 */
function judge(
  comparison: RowComparison | undefined,
  check: CheckResult | undefined,
  error: string | undefined,
): RowVerdict {
  if (check && !check.ok) return "answers-differ";
  if (!comparison) return error === undefined ? "not-run" : "failed";
  const judged = verdict(comparison.wall);
  return judged === "no difference shown" ? "no-difference" : judged;
}

function measured(planned: Repetitions, arm: ArmResult | undefined): Repetitions {
  if (!arm) return { ...planned, processes: 0, rounds: 0 };
  return {
    ...planned,
    processes: arm.wallNs.length,
    rounds: Math.max(...arm.wallNs.map((rounds) => rounds.length)),
  };
}

function variantName(workload: Workload, arm: string): string {
  if (arm === armNames.baseline) return workload.baseline.name;
  if (arm === armNames.peer) return workload.peer?.name ?? arm;
  return workload.optimized.name;
}

/** The runner speaks of arms by their names, people by the variants'. */
function nameVariants(workload: Workload, text: string): string {
  return text.replace(/^(baseline|peer|optimized)(?=:)/, (arm) => variantName(workload, arm));
}
