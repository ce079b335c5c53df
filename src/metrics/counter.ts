import { type Exemplar, exemplarOf } from "./exemplar.ts";
import type { Labels } from "./metric.ts";

/** One series that only rises. Keep the handle: `inc` and `add` look nothing up. */
export class Counter {
  #value = 0;
  #rejected = 0;
  #exemplar: Exemplar | undefined;

  inc(): void {
    this.#value++;
  }

  /** @param amount finite, ≥ 0; anything else is left out and counted in `rejected` */
  add(amount: number): void {
    // From untyped code a string may come, such as a header: it would be joined to the sum.
    if (typeof amount === "number" && amount >= 0 && amount < Number.POSITIVE_INFINITY) this.#value += amount;
    else this.#rejected++;
  }

  /**
   * As `add`, and remembers this as the latest example of what was counted; OpenMetrics shows it.
   * @param labels such as `{ trace_id }`, at most 128 characters in all; others are left out and counted in `rejected`
   * @param unixMs when it was, milliseconds since 1970
   */
  addWithExemplar(amount: number, labels: Labels, unixMs = Date.now()): void {
    const rejected = this.#rejected;
    this.add(amount);
    if (rejected !== this.#rejected) return;
    const exemplar = exemplarOf(labels, amount, unixMs);
    if (exemplar) this.#exemplar = exemplar;
    else this.#rejected++;
  }

  get value(): number {
    return this.#value;
  }
  /** Amounts left out, because they were no numbers, infinite or negative, and exemplars that no format holds. */
  get rejected(): number {
    return this.#rejected;
  }
  /** The latest; `undefined` where none was given. */
  get exemplar(): Exemplar | undefined {
    return this.#exemplar;
  }
}
