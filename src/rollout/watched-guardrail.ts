import type { RolloutArm } from "./arm.ts";
import type { RolloutSample } from "./guardrail.ts";
import type { Finding } from "./rollback-figures.ts";
import type { OptimizationStatus } from "./rollout-status.ts";

/** A guardrail at work. */
export interface WatchedGuardrail {
  readonly name: string;
  /** Highest evidence of a violation so far, ≥ 0; `undefined` when it has another way to judge. */
  readonly evidence: number | undefined;
  /** The evidence now, which a ramp waits for to pass. */
  readonly suspicion: number;
  /** Why it could not be evaluated at the last look; `undefined` when it could. */
  readonly error: string | undefined;
  /** @param key a hash of 32 bits of whose call it was @returns whether the evidence may have changed */
  observe(arm: RolloutArm, sample: RolloutSample, key?: number): boolean;
  /** Begins what must not go on under another share. @param share percent */
  begin(share: number): void;
  /**
   * Looks at what doesn't come by `observe`.
   * @param status asked for only when it is needed
   * @returns the reason of a violation, told by another way than evidence
   */
  look(status: () => OptimizationStatus): string | undefined;
  /** What was seen, for the reason of a roll-back. */
  finding(): Finding;
}
