import type { RolloutArm } from "./arm.ts";

/** A call that began by `Rollout.begin`. The first of its ends counts, and none throws. */
export interface RolloutCall {
  /** Which variant it is to take. */
  readonly arm: RolloutArm;
  /** @param values numbers of one's own, ≥ 0, for guardrails and goals of kind "value" */
  succeed(values?: Readonly<Record<string, number>>): void;
  /** @param error asked of `isFailure`; without one, it has failed */
  fail(error?: unknown, values?: Readonly<Record<string, number>>): void;
  /** It counts for nothing. */
  discard(): void;
}

const nothing = (): void => undefined;

/** A call that nobody watches, of the control. */
export const unwatchedCall: RolloutCall = Object.freeze({
  arm: "off",
  succeed: nothing,
  fail: nothing,
  discard: nothing,
});
