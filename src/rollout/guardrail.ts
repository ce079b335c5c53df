import type { OptimizationStatus } from "./rollout-status.ts";
import type { RolloutKey } from "./share-switch.ts";

/** What a staleness guardrail asks: a `TruthSampler`, or anything else that counts. */
export interface StalenessSource {
  /** Cache hits that were checked, so far. */
  readonly checked: number;
  /** Those of them that were not what the source says. */
  readonly stale: number;
}

/**
 * A quantile of the latency, of successful calls unless it says otherwise. Violated when it is shown that the variant's
 * calls, made quicker by `maxIncrease` and `slackMs`, exceed the control's quantile more often than the control's own.
 */
export interface LatencyGuardrail {
  readonly kind: "latency";
  /** @default such as "p99 latency" */
  readonly name?: string | undefined;
  /** > 0 and < 1. @default 0.99 */
  readonly quantile?: number | undefined;
  /** Relative, ≥ 0: 0.05 allows 5 % more. @default 0.05 */
  readonly maxIncrease?: number | undefined;
  /** Allowed besides, ms, ≥ 0: what is too little to matter to anybody. @default 0.1 */
  readonly slackMs?: number | undefined;
  /**
   * Whether a failed call counts as slower than any. For what makes successes of failures, as retries do: without it, what
   * took a second attempt would be compared with nothing but those that never needed one.
   * @default false
   */
  readonly includeFailed?: boolean | undefined;
}

/** The share of failed calls. Violated when it is shown that the odds of failing are more than `maxIncrease` higher. */
export interface ErrorGuardrail {
  readonly kind: "errors";
  /** @default "errors" */
  readonly name?: string | undefined;
  /** Relative, of the odds, ≥ 0; for rare failures that is the rate: 0.1 allows 1.1 % instead of 1 %. @default 0.1 */
  readonly maxIncrease?: number | undefined;
}

/** The share of cache hits that are not what the source says. An absolute bound: it is watched even at a share of 100 %. */
export interface StalenessGuardrail {
  readonly kind: "staleness";
  /** @default "staleness" */
  readonly name?: string | undefined;
  readonly source: StalenessSource;
  /** 0 to 1; with 0, one stale hit is enough. @default 0.001 */
  readonly maxRate?: number | undefined;
}

/** A quantile of a number of the user's own, given to `record` as `values`: less is better. */
export interface ValueGuardrail {
  readonly kind: "value";
  /** Its key in `values`. */
  readonly value: string;
  /** @default such as "p50 cpuMs" */
  readonly name?: string | undefined;
  /** > 0 and < 1. @default 0.5 */
  readonly quantile?: number | undefined;
  /** Relative, ≥ 0. @default 0.05 */
  readonly maxIncrease?: number | undefined;
}

/**
 * A judgement of the user's own, asked at each look while the share is above 0. One that throws, or gives a promise, holds
 * the ramp where it is, and is no violation; `GuardrailStatus.error` says why.
 */
export interface CheckGuardrail {
  readonly kind: "check";
  readonly name: string;
  /** @returns the reason to roll back, a text that isn't empty; anything else when all is well */
  readonly check: (status: OptimizationStatus) => string | undefined;
}

export type Guardrail =
  | LatencyGuardrail
  | ErrorGuardrail
  | StalenessGuardrail
  | ValueGuardrail
  | CheckGuardrail;

/**
 * What the optimization is for. Switched off with the reason "no gain shown" when a gain of `minGain` is ruled out; a ramp
 * doesn't go to 100 % before a gain is shown.
 */
export interface BenefitGoal {
  /** `"latency"`, `"errors"` for the odds of failing, or a key of `values`. Less is better. @default "latency" */
  readonly of?: string | undefined;
  /** > 0 and < 1; without effect on errors. @default 0.5 */
  readonly quantile?: number | undefined;
  /** The smallest gain worth having, relative, > 0 and < 1: 0.1 is 10 % less. */
  readonly minGain: number;
  /** Not judged before so many samples of each arm, ≥ 0. @default 500 */
  readonly minSamples?: number | undefined;
  /**
   * Calls count from this share on, percent, 0 to 100: what has little of the traffic may gain less by it, as a cache that
   * is seldom asked.
   * @default 0
   */
  readonly minShare?: number | undefined;
}

/** What became of one call. */
export interface RolloutSample {
  /** ms, ≥ 0; anything else is left out and counted as `rejected`. */
  readonly latencyMs?: number | undefined;
  /** @default false */
  readonly failed?: boolean | undefined;
  /**
   * Given to `record`, the key that `isOn` was asked with: then its calls count as one user's do in `run`. What `run` and
   * `begin` observe has their own. @default none: each call counts as another user's
   */
  readonly key?: RolloutKey | undefined;
  /** Numbers of the user's own, ≥ 0. */
  readonly values?: Readonly<Record<string, number>> | undefined;
}
