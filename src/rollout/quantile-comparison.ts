import type { RolloutArm } from "./arm.ts";
import { ControlQuantile } from "./control-quantile.ts";
import { KeyedComparison } from "./keyed-comparison.ts";
import type { ArmEvents } from "./rollback-figures.ts";

/**
 * Compares how often the arms exceed the control's quantile, the treated values made smaller by what is allowed:
 * null hypothesis, the treated quantile is at most `factor` times the control's, plus `slack`.
 */
export class QuantileComparison {
  readonly evidence: KeyedComparison;
  readonly #factor: number;
  readonly #slack: number;
  readonly #bound: ControlQuantile;
  readonly #counted = { on: { calls: 0, events: 0 }, off: { calls: 0, events: 0 } };

  /**
   * @param suspect the arm whose exceedances are evidence
   * @param factor > 0, of the treated values
   * @param slack ≥ 0, in their unit
   */
  constructor(quantile: number, factor: number, suspect: RolloutArm = "on", slack = 0) {
    this.evidence = new KeyedComparison(suspect);
    this.#factor = factor;
    this.#slack = slack;
    this.#bound = new ControlQuantile(quantile);
  }

  /**
   * @param value ≥ 0; infinite is above any bound, and part of none
   * @param key a hash of 32 bits
   * @returns whether the evidence may have changed
   */
  add(arm: RolloutArm, value: number, key?: number): boolean {
    const bound = this.#bound.value;
    if (arm === "off" && value !== Number.POSITIVE_INFINITY) this.#bound.add(value);
    if (bound === undefined) {
      this.#bound.refresh();
      return false;
    }
    const isOver = (arm === "on" ? (value - this.#slack) / this.#factor : value) > bound;
    this.#counted[arm].calls++;
    if (isOver) this.#counted[arm].events++;
    if (!this.evidence.add(arm, isOver, key)) return false;
    this.#bound.refresh();
    return true;
  }

  /** How many values were compared with the bound and how many exceeded it, and the bound as it is now. */
  get seen(): { readonly on: ArmEvents; readonly off: ArmEvents; readonly bound: number | undefined } {
    const { on, off } = this.#counted;
    return { on: { ...on }, off: { ...off }, bound: this.#bound.value };
  }
}
