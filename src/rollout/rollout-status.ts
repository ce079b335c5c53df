import type { RolloutArm } from "./arm.ts";
import type { RollbackFigures } from "./rollback-figures.ts";

/** Where an optimization stands. */
export type RolloutState =
  /** On its way up; `waitingFor` says what the next stage needs. */
  | { readonly kind: "ramping"; readonly stage: number; readonly waitingFor: string }
  /** At the end of its ramp. */
  | { readonly kind: "complete" }
  /** At a share set by hand. */
  | { readonly kind: "steady" }
  /** Off by hand, until `resume`. */
  | { readonly kind: "stopped"; readonly reason: string }
  /** Off by a guardrail or for want of a gain ("benefit"), until `resume`; `reason` is one sentence, with its figures. */
  | {
      readonly kind: "rolled-back";
      readonly guardrail: string;
      readonly reason: string;
      /** `undefined` of a check of the user's own. */
      readonly figures: RollbackFigures | undefined;
    };

/** What is known of one arm. */
export interface ArmStatus {
  /** Calls that succeeded. */
  readonly succeeded: number;
  readonly failed: number;
  /** Outcomes that the tests took, since the last resume. */
  readonly counted: number;
  /** Of successful calls; `undefined` without any. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

export interface GuardrailStatus {
  readonly name: string;
  /** For a violation, ≥ 0: 1 at the start, `limit` is proof. `undefined` for the user's own. */
  readonly evidence: number | undefined;
  /** Guardrails that go by evidence, divided by `alpha`. */
  readonly limit: number;
  /** Why it could not be evaluated at the last look, so that the ramp waits; `undefined` when it could. */
  readonly error: string | undefined;
}

export interface OptimizationStatus {
  readonly id: string;
  readonly state: RolloutState;
  /** Percent of the traffic that it is on for; 0 while all is killed. */
  readonly share: number;
  readonly isKilled: boolean;
  readonly arms: Readonly<Record<RolloutArm, ArmStatus>>;
  readonly guardrails: readonly GuardrailStatus[];
  /** `undefined` without a goal. */
  readonly gain: "shown" | "none" | "undecided" | undefined;
  /** Roll-backs since construction, by guardrail. */
  readonly rollbacks: Readonly<Record<string, number>>;
  readonly counts: RolloutCounts;
}

/** What else is counted; each only grows. */
export interface RolloutCounts {
  /** Calls that ran longer than `hungAfterMs`; they count as failed. */
  readonly hung: number;
  /** Outcomes left out of the tests because the key had counted just before. */
  readonly repeated: number;
  /** Outcomes left out of the tests because the share was another when the call began. */
  readonly late: number;
  /** Latencies and values that were no finite numbers ≥ 0. */
  readonly rejected: number;
  /** Calls that gave a thenable that is no promise, which can't be watched without running it. */
  readonly unmeasured: number;
  /** Mistakes of the rollout itself, of a key's type or of a callback, for which the control was used or the ramp held. */
  readonly errors: number;
}
