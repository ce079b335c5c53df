import type { BenefitGoal, Guardrail, StalenessGuardrail } from "../rollout/guardrail.ts";
import type { Rollout } from "../rollout/rollout.ts";
import type { OptimizationOptions, RolloutOptions } from "../rollout/rollout-options.ts";

/** Ids of the steps that decide call by call, so that they can be given to a share of the calls and compared. */
export const rolledOutSteps = Object.freeze(["dns-cache", "response-cache", "retries"] as const);

export type RolledOutStep = (typeof rolledOutSteps)[number];

/** How one step is rolled out. */
export interface StepOptions extends Omit<OptimizationOptions, "guardrails" | "benefit"> {
  /**
   * A staleness guardrail without a `source` goes by a hundredth of the response cache's hits, which are asked for again.
   * @default p99 latency and errors; of `response-cache` staleness, too; of `retries`, failures count as slower than any
   */
  readonly guardrails?:
    | readonly (Guardrail | (Omit<StalenessGuardrail, "source"> & { readonly source?: never }))[]
    | undefined;
  /**
   * What it is for; without a gain it is switched off. `false` for no goal.
   * @default of the caches a p50 latency that is 5 % lower, from a share of 50 % on; of `retries` 20 % fewer failures
   */
  readonly benefit?: BenefitGoal | false | undefined;
}

/** Options of a rollout of steps, all as `RolloutOptions` has them. */
export interface StepRolloutSettings extends Omit<RolloutOptions, "optimizations" | "log"> {
  /**
   * Told as a line of each event.
   * @default roll-backs become warnings of the process, `VICTOR_ROLLOUT`, and so do the first 100 stages that steps go up by
   * themselves, `VICTOR_ROLLOUT_STAGE`
   */
  readonly log?: ((line: string) => void) | undefined;
  /** By the steps' ids; a step that isn't among them has the defaults, and `false` is on for all calls. */
  readonly optimizations?: Readonly<Partial<Record<RolledOutStep, StepOptions | false>>> | undefined;
}

/** A `Rollout` of the program's own with ids of steps, or options for one. */
export type StepRolloutOptions = Rollout | StepRolloutSettings;
