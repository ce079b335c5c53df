import type { RolloutArm } from "./arm.ts";
import { KeyedComparison } from "./keyed-comparison.ts";
import type { ArmEvents } from "./rollback-figures.ts";

/** Compares how often calls fail. Null hypothesis: the suspected arm's odds of failing are at most `maxOddsRatio` times the other's. */
export class FailureComparison {
  readonly evidence: KeyedComparison;
  readonly #counted = { on: { calls: 0, events: 0 }, off: { calls: 0, events: 0 } };

  /**
   * @param suspect the arm whose failures are evidence
   * @param maxOddsRatio > 0
   */
  constructor(suspect: RolloutArm, maxOddsRatio: number) {
    this.evidence = new KeyedComparison(suspect, maxOddsRatio);
  }

  /**
   * @param value 1 for a call that has failed, else 0
   * @param key a hash of 32 bits
   * @returns whether the evidence may have changed
   */
  add(arm: RolloutArm, value: number, key?: number): boolean {
    this.#counted[arm].calls++;
    this.#counted[arm].events += value;
    return this.evidence.add(arm, value === 1, key);
  }

  /** Calls, and how many of them have failed. */
  get seen(): { readonly on: ArmEvents; readonly off: ArmEvents } {
    const { on, off } = this.#counted;
    return { on: { ...on }, off: { ...off } };
  }
}
