import type { RolloutArm } from "./arm.ts";
import { BlockComparison } from "./block-comparison.ts";
import { ControlQuantile } from "./control-quantile.ts";

/**
 * Compares how often the arms exceed the control's quantile, the treated values made smaller by what is allowed:
 * null hypothesis, the treated quantile is at most `factor` times the control's, plus `slack`.
 */
export class QuantileComparison {
  readonly comparison: BlockComparison;
  readonly #factor: number;
  readonly #slack: number;
  readonly #bound: ControlQuantile;
  readonly #counted: Record<RolloutArm, number> = { on: 0, off: 0 };
  readonly #exceeded: Record<RolloutArm, number> = { on: 0, off: 0 };

  /**
   * @param suspect the arm whose exceedances are evidence
   * @param factor > 0, of the treated values
   * @param slack ≥ 0, in their unit
   */
  constructor(quantile: number, factor: number, suspect: RolloutArm = "on", slack = 0) {
    this.comparison = new BlockComparison(suspect);
    this.#factor = factor;
    this.#slack = slack;
    this.#bound = new ControlQuantile(quantile);
  }

  /** @param value finite, ≥ 0 @returns whether the evidence may have changed */
  add(arm: RolloutArm, value: number): boolean {
    const bound = this.#bound.value;
    if (arm === "off") this.#bound.add(value);
    if (bound === undefined) {
      this.#bound.refresh();
      return false;
    }
    const isOver = (arm === "on" ? (value - this.#slack) / this.#factor : value) > bound;
    this.#counted[arm]++;
    if (isOver) this.#exceeded[arm]++;
    if (!this.comparison.add(arm, isOver)) return false;
    this.#bound.refresh();
    return true;
  }

  /** The shares of values over the bound, 0 to 1, and the bound as it is now. */
  get shares(): { readonly on: number; readonly off: number; readonly bound: number | undefined } {
    const share = (arm: RolloutArm): number => this.#exceeded[arm] / Math.max(1, this.#counted[arm]);
    return { on: share("on"), off: share("off"), bound: this.#bound.value };
  }
}
