import type { TruthCheck } from "../algorithms/truth-check.ts";
import type { MetricSource } from "../metrics/metric.ts";
import type { RolloutCall } from "../rollout/rollout-call.ts";
import type { LoadedModules } from "./loaded-modules.ts";
import type { ResolvedOptimizations } from "./options.ts";
import type { StatementTimes } from "./statement-times.ts";

/** `safe`: on by default, changes no result of a program. `opt-in`: changes what a program may see, so only by its id. */
export type StepRisk = "safe" | "opt-in";

/**
 * - `applied`: in force.
 * - `waiting`: will be in force for what the program has to load first, and hasn't.
 * - `pending`: only start-up can set it; `reason` names the setting.
 * - `left-alone`: nothing to do, or nothing that would be safe; `reason` says which.
 * - `off`: not asked for, disabled, or switched off by its rollout; `reason` says which.
 * - `failed`: it couldn't be applied; the program goes on without it.
 */
export type StepState = "applied" | "waiting" | "pending" | "left-alone" | "off" | "failed";

/** What a step says of itself. */
export interface StepReport {
  readonly state: StepState;
  /** One sentence, for people. */
  readonly reason: string;
  /** What was changed in the process, thing by thing; empty when nothing was. */
  readonly changes: readonly string[];
}

/** A step in force. */
export interface AppliedStep {
  describe(): StepReport;
  /** Puts everything back; where another's patch lies on top of its own, its own stays beneath and does nothing. */
  undo(): void;
}

/** What steps get to work with. */
export interface StepContext {
  readonly settings: ResolvedOptimizations;
  readonly modules: LoadedModules;
  /** Whether nothing of the program is loaded yet. */
  readonly isBeforeProgram: boolean;
  /**
   * Whether a step is on for a call; `undefined` where nobody decides that, so that it always is.
   * @param key what the decision sticks to, such as a host
   */
  readonly isOn: ((stepId: string, key?: string) => boolean) | undefined;
  /** @returns begins a call of a step that is rolled out; `undefined` of one that isn't */
  callsOf(stepId: string): (() => RolloutCall) | undefined;
  /** Holds hits of the response cache against their source. */
  readonly truth: TruthCheck | undefined;
  /** To be called when the report of a step becomes another by itself. */
  changed(): void;
  /** To be asked at collection, until `removeSource`. */
  addSource(source: MetricSource): void;
  removeSource(source: MetricSource): void;
  /** Whether a reader of metrics was set up from outside, so that they should be taken from the beginning. */
  readonly hasReader: boolean;
  /** Where statements of one database system are counted; the same for all who ask. @param system OpenTelemetry's `db.system.name` */
  statements(system: string): StatementTimes;
}

/** One optimization that can be switched on by itself. */
export interface OptimizationStep {
  /** Kebab-case and stable: settings and reports name it. */
  readonly id: string;
  readonly title: string;
  readonly risk: StepRisk;
  /** What it undoes by itself when it throws. */
  apply(context: StepContext): AppliedStep;
}

/** A step that changes nothing, and says why. */
export function unchanged(state: "pending" | "left-alone", reason: string): AppliedStep {
  return { describe: () => ({ state, reason, changes: [] }), undo: () => {} };
}
