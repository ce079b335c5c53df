import type { RolloutArm } from "./arm.ts";
import type { RolloutSample } from "./guardrail.ts";
import { QuantileComparison } from "./quantile-comparison.ts";
import { percent, type WatchedGuardrail } from "./watched-guardrail.ts";

/** A number of a sample that is judged; `undefined` for none, which includes what is no number. */
export type Reading = (sample: RolloutSample) => number | undefined;

/** Only of calls that succeeded: failing quickly is no gain. */
export const latencyOf: Reading = ({ latencyMs, failed }) => (failed ? undefined : measured(latencyMs));

export const namedValue =
  (name: string): Reading =>
  ({ values }) =>
    measured(values?.[name]);

/** @returns whether it is a number that can be compared */
export const measured = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY ? value : undefined;

/** Watches a quantile of latencies, or of numbers of the user's own. */
export class QuantileWatch implements WatchedGuardrail {
  readonly name: string;
  readonly isFailing = false;
  readonly #read: Reading;
  readonly #unit: string;
  readonly #comparison: QuantileComparison;
  readonly #maxIncrease: number;

  constructor(name: string, read: Reading, unit: string, quantile: number, maxIncrease: number, slack = 0) {
    this.name = name;
    this.#read = read;
    this.#unit = unit;
    this.#comparison = new QuantileComparison(quantile, 1 + maxIncrease, "on", slack);
    this.#maxIncrease = maxIncrease;
  }

  get evidence(): number {
    return this.#comparison.comparison.evidence.most;
  }

  get suspicion(): number {
    return this.#comparison.comparison.evidence.value;
  }

  observe(arm: RolloutArm, sample: RolloutSample): boolean {
    const value = this.#read(sample);
    return value !== undefined && this.#comparison.add(arm, value);
  }

  closeBlock(): void {
    this.#comparison.comparison.close();
  }

  look(): undefined {
    return undefined;
  }

  describe(): string {
    const { on, off, bound = 0 } = this.#comparison.shares;
    const allowed =
      this.#maxIncrease === 0 ? "" : `, even when ${percent(this.#maxIncrease)} more is allowed`;
    const limit = `${Number(bound.toPrecision(3))}${this.#unit}`;
    return `above the control's quantile (last ${limit}) were ${percent(on)} with the optimization and ${percent(off)} without${allowed}`;
  }
}
