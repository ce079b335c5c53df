import { environment, formatEnvironment } from "../measure/index.ts";
import { toolkitVersion } from "../report/toolkit-version.ts";
import { type AnswerDigests, compareAnswers } from "./answers.ts";
import { type ComparedArm, commandText } from "./arm.ts";
import {
  type AppliedStep,
  type CompareDocument,
  type ComparedRun,
  compareSchemaVersion,
  type ProgramComparison,
} from "./compare-document.ts";
import type { ResolvedCompare } from "./compare-options.ts";
import { roundsAdvice } from "./compare-text.ts";
import { comparisonWarnings, machineWarnings } from "./compare-warnings.ts";
import type { JobRun } from "./job-run.ts";
import { familyLevel, judge } from "./judge.ts";
import type { LoadFigures } from "./load/load-protocol.ts";
import { jobMetrics, type Metric, type MetricId, metricsOfSteps, serverMetrics } from "./metric.ts";
import { hasProcessTrees } from "./process-tree.ts";
import type { ServerRun } from "./server-round.ts";

/** What is known of a comparison before its first round. */
export interface ComparisonFacts {
  readonly kind: "server" | "job";
  readonly url: string | undefined;
  readonly sideBySide: boolean;
  readonly rate: number | undefined;
  readonly rateOrigin: string | undefined;
  /** What the optimized program has applied so far; `undefined` where it doesn't tell. */
  steps(): readonly AppliedStep[] | undefined;
}

interface ArmRecord {
  readonly arm: ComparedArm;
  readonly runs: ComparedRun[];
  readonly loads: LoadFigures[];
  readonly answers: AnswerDigests[];
  ignoredSigterm: boolean;
}

/** Gathers what rounds give, and says what it means. */
export class ComparisonRecord {
  readonly #settings: ResolvedCompare;
  readonly #facts: ComparisonFacts;
  readonly #arms: readonly ArmRecord[];
  readonly #startedAt = new Date().toISOString();
  readonly #environment = environment();
  readonly #machine = machineWarnings();
  #slotMs: number | undefined;
  #rounds = 0;

  /** @param arms two programs; with `ablate` then the one that loads what optimizes and no step, and each step's */
  constructor(settings: ResolvedCompare, arms: readonly ComparedArm[], facts: ComparisonFacts) {
    this.#settings = settings;
    this.#facts = facts;
    this.#arms = arms.map((arm) => ({
      arm,
      runs: [],
      loads: [],
      answers: [],
      ignoredSigterm: false,
    }));
  }

  get roundsDone(): number {
    return this.#rounds;
  }

  /** Length of a turn, once it is known. */
  get slotMs(): number | undefined {
    return this.#slotMs;
  }

  addServers(runs: readonly ServerRun[], slotMs: number | undefined): void {
    for (const { arm, run, load, answers, heardSigterm } of runs) {
      const record = this.#of(arm);
      record.runs.push(run);
      record.loads.push(load);
      record.answers.push(answers);
      record.ignoredSigterm ||= !heardSigterm;
    }
    this.#slotMs = slotMs;
    this.#rounds++;
  }

  addJobs(runs: readonly JobRun[]): void {
    for (const { arm, run, digest } of runs) {
      const record = this.#of(arm);
      record.runs.push(run);
      record.answers.push([[0, digest]]);
    }
    this.#rounds++;
  }

  #of(name: string): ArmRecord {
    return this.#arms.find(({ arm }) => arm.name === name)!;
  }

  document(partial: boolean): CompareDocument {
    const { rounds, seed, durationMs, warmupMs, script } = this.#settings;
    const { kind, url, sideBySide, rate, rateOrigin } = this.#facts;
    // A program may load what a step is for only when it is asked for it.
    const steps = this.#facts.steps();
    const comparisons = this.#comparisons();
    const advice = roundsAdvice(comparisons[0]!.metrics);
    return {
      schemaVersion: compareSchemaVersion,
      toolkitVersion: toolkitVersion(),
      startedAt: this.#startedAt,
      kind,
      ...(url !== undefined && { url }),
      ...(script !== undefined && { script }),
      sideBySide,
      ...(rate !== undefined && { rate }),
      ...(rateOrigin !== undefined && { rateOrigin }),
      ...(this.#slotMs !== undefined && { slotMs: this.#slotMs }),
      durationMs,
      warmupMs,
      rounds: { planned: rounds, done: this.#rounds },
      partial,
      seed,
      environment: { machine: formatEnvironment(this.#environment) },
      programs: this.#arms.map(({ arm, runs }) => ({
        name: arm.name,
        command: commandText(arm.command),
        runs,
      })),
      comparisons,
      familyLevel,
      ...(steps !== undefined && { steps }),
      answers: compareAnswers(this.#arms[0]!.answers, this.#arms[1]!.answers, kind),
      leftOut: this.#leftOut(comparisons[0]!),
      warnings: [
        ...comparisonWarnings(
          this.#arms.map(({ arm, ...rest }) => ({ name: arm.name, ...rest })),
          rate,
        ),
        ...this.#machine,
        ...(advice === undefined ? [] : [advice]),
      ],
    };
  }

  #comparisons(): ProgramComparison[] {
    const [base, other, loading, ...steps] = this.#arms as [ArmRecord, ArmRecord, ...ArmRecord[]];
    const metrics = this.#facts.kind === "server" ? serverMetrics : jobMetrics;
    const main = [{ a: base, b: other }];
    // Loading what optimizes has a price of its own, which is no step's.
    const singles =
      loading === undefined ? [] : [{ a: base, b: loading }, ...steps.map((b) => ({ a: loading, b }))];
    const compared = (pairs: typeof main, of: readonly Metric[], family: ProgramComparison["family"]) => {
      const figures = ({ runs }: ArmRecord) => runs.map((run) => run.figures);
      const judged = judge(
        pairs.map(({ a, b }) => ({ a: figures(a), b: figures(b) })),
        of,
      );
      return pairs.map(({ a, b }, i) => ({ a: a.arm.name, b: b.arm.name, family, metrics: judged[i]! }));
    };
    // The question that was asked, and by itself what else may be looked at.
    return [...compared(main, metrics, "main"), ...compared(singles, metricsOfSteps(metrics), "ablation")];
  }

  #leftOut({ metrics }: ProgramComparison): { metric: MetricId; why: string }[] {
    const all = this.#facts.kind === "server" ? serverMetrics : jobMetrics;
    const there = new Set(metrics.map(({ id }) => id));
    return all.filter(({ id }) => !there.has(id)).map(({ id }) => ({ metric: id, why: this.#whyNot(id) }));
  }

  #whyNot(id: MetricId): string {
    if (this.#rounds < 2) return "one round is no pair of measurements";
    const seen = this.#arms
      .slice(0, 2)
      .every(({ runs }) => runs.some(({ figures }) => figures[id] !== undefined));
    if (seen) return id === "errorShare" ? "there were none" : "too little in both programs to matter";
    if (id === "gcShare" || id === "loopDelayP99")
      return "a program is no Node program, or its environment was not passed on, so nothing can be seen from inside";
    if (!hasProcessTrees) return "processes can be measured from outside only on Linux";
    if (this.#facts.kind === "job") return "the runs ended too soon to see any of it";
    return "too few requests a process for this quantile; raise --rate or --duration";
  }
}
