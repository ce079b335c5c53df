import {
  type ArmResult,
  bootstrapRatio,
  compareArms,
  type Measurement,
  quantile,
  verdict,
} from "../measure/index.ts";
import { isMoreBetter } from "./quantity.ts";
import type {
  Repetitions,
  RowComparison,
  RowResult,
  RowVerdict,
  Spread,
  VariantResult,
} from "./report-document.ts";
import { shownRatio } from "./row-figure.ts";
import {
  type CheckResult,
  isMissing,
  type MissingVariant,
  sameAnswers,
  type Unit,
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

/**
 * Puts together the row of a workload from what was measured of it.
 * @throws {RangeError} when the row's counter is missing or not above 0 in a process
 */
export function rowResult(workload: Workload, outcome: RowOutcome): RowResult {
  const { measurement, error, peerError, repetitions } = outcome;
  const arm = (name: string): ArmResult | undefined => {
    const found = measurement?.arms.find((result) => result.name === name);
    return found?.wallNs.length && counterOf(workload.unit, found)?.length !== 0 ? found : undefined;
  };
  const [baseline, peer, optimized] = [arm(armNames.baseline), arm(armNames.peer), arm(armNames.optimized)];
  const check = measurement && checkOf(workload, measurement);
  const vsBaseline = compare(workload.unit, baseline, optimized);
  const vsPeer = compare(workload.unit, peer, optimized);
  return {
    id: workload.id,
    title: workload.title,
    question: workload.question,
    input: workload.input,
    unit: workload.unit,
    baseline: variantResult(workload, workload.baseline, baseline, error),
    ...(workload.peer && { peer: variantResult(workload, workload.peer, peer, error ?? peerError) }),
    optimized: variantResult(workload, workload.optimized, optimized, error),
    ...(vsBaseline && { vsBaseline }),
    ...(vsPeer && { vsPeer }),
    repetitions: measured(repetitions, baseline ?? optimized),
    ...(check && { check }),
    verdict: judge(workload, vsBaseline, check, error),
    partial: measurement?.partial ?? false,
    ...(workload.reference && { reference: workload.reference }),
    figures:
      (check?.ok && optimized && workload.figures?.(optimized.counters, baseline?.counters ?? {})) || [],
    notes: workload.notes ?? [],
    warnings: warningsOf(workload, measurement).map((text) => nameVariants(workload, text)),
    ...((error ?? peerError) && { error: error ?? peerError }),
  };
}

/** A row that was not reached. */
export const unmeasuredRow = (workload: Workload, repetitions: Repetitions): RowResult =>
  rowResult(workload, { repetitions: { ...repetitions, processes: 0, rounds: 0 } });

function variantResult(
  { unit }: Workload,
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
  const counter = counterOf(unit, arm);
  return {
    status: "measured",
    name,
    about,
    wallNs: spread(arm.wallNs.flat()),
    cpuNs: spread(arm.cpuNs.flat()),
    rounds: arm.wallNs.flat().length,
    ...(counter && { counter }),
  };
}

/** @returns the row's counter in each process that ended; `undefined` in a row of times */
function counterOf(unit: Unit, arm: ArmResult): number[] | undefined {
  if (unit.shown !== "counter") return undefined;
  return arm.countersByProcess.map((counters) => {
    const value = counters[unit.counter];
    if (value !== undefined && value > 0 && Number.isFinite(value)) return value;
    throw new RangeError(`arm ${arm.name}: counter ${unit.counter}: expected a number > 0, got ${value}`);
  });
}

function spread(values: readonly number[]): Spread {
  return {
    median: quantile(values, 0.5),
    lowerQuartile: quantile(values, 0.25),
    upperQuartile: quantile(values, 0.75),
  };
}

function compare(
  unit: Unit,
  before: ArmResult | undefined,
  after: ArmResult | undefined,
): RowComparison | undefined {
  if (!before || !after) return undefined;
  const { wall, cpu } = compareArms(before, after);
  const [ofBefore, ofAfter] = [counterOf(unit, before), counterOf(unit, after)];
  if (!ofBefore || !ofAfter) return { wall, cpu };
  const [upper, lower] = isMoreBetter(unit) ? [ofAfter, ofBefore] : [ofBefore, ofAfter];
  const single = (value: number): number[] => [value];
  return { wall, cpu, counter: bootstrapRatio(upper.map(single), lower.map(single)) };
}

/** Variants that were cut short did not all do the same, and are not compared. */
function checkOf(workload: Workload, { arms, partial, warnings }: Measurement): CheckResult | undefined {
  if (partial) return undefined;
  const unstable = warnings.find(isAboutAnswers);
  if (unstable !== undefined) return { ok: false, detail: nameVariants(workload, unstable) };
  const answers = arms.map(({ name, answer }) => ({ variant: variantName(workload, name), answer }));
  return (workload.check ?? sameAnswers)(answers);
}

/** Warnings of the runner; those about times don't concern a row of counters. */
function warningsOf({ unit }: Workload, measurement: Measurement | undefined): readonly string[] {
  if (unit.shown !== "counter" || !measurement) return measurement?.warnings ?? [];
  const processes = Math.min(...measurement.arms.map((arm) => arm.countersByProcess.length));
  return [
    ...measurement.warnings.filter(isAboutAnswers),
    ...(processes === 1
      ? ["there is one figure of one process, so nothing is known of its spread; raise processes"]
      : []),
  ];
}

const isAboutAnswers = (warning: string): boolean => warning.includes("gave different answers");

/**
 * Judges by wall time alone, as `measure/` does, or by the row's counter alone; figures of variants that did not do the
 * same count for nothing. A row that was cut short is judged by the rounds that it has.
 */
function judge(
  { baseline }: Workload,
  comparison: RowComparison | undefined,
  check: CheckResult | undefined,
  error: string | undefined,
): RowVerdict {
  if (check && !check.ok) return "answers-differ";
  if (error !== undefined && !comparison) return "failed";
  if (isMissing(baseline)) return check ? "no-baseline" : "not-run";
  if (!comparison) return "not-run";
  const judged = verdict(shownRatio(comparison));
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
