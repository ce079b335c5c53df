import { quantileOfSorted } from "../measure/order-statistics.ts";

const windowSize = 1024;
const refreshEvery = 256;

/** A quantile of the control's last 1024 values, which follows the traffic's waves. */
export class ControlQuantile {
  readonly #quantile: number;
  readonly #values = new Float64Array(windowSize);
  #seen = 0;
  #dueAt: number;
  #value: number | undefined;

  /** @param quantile > 0 and < 1; known from min(100, 1 / (1 − quantile)) values on */
  constructor(quantile: number) {
    this.#quantile = quantile;
    this.#dueAt = Math.min(100, Math.max(8, Math.round(1 / (1 - quantile))));
  }

  /** As of the last `refresh`. */
  get value(): number | undefined {
    return this.#value;
  }

  add(value: number): void {
    this.#values[this.#seen++ % windowSize] = value;
  }

  /** Takes in what has come, when that is worth it. Never within a block: its bound mustn't depend on its arms. */
  refresh(): void {
    if (this.#seen < this.#dueAt) return;
    const sorted = this.#values.slice(0, Math.min(this.#seen, windowSize)).sort();
    this.#value = quantileOfSorted(sorted, this.#quantile);
    this.#dueAt = this.#seen + Math.min(refreshEvery, this.#seen);
  }
}
