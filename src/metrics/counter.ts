/** One series that only rises. Keep the handle: `inc` and `add` look nothing up. */
export class Counter {
  #value = 0;
  #rejected = 0;

  inc(): void {
    this.#value++;
  }

  /** @param amount finite, ≥ 0; anything else is left out and counted in `rejected` */
  add(amount: number): void {
    if (amount >= 0 && amount < Number.POSITIVE_INFINITY) this.#value += amount;
    else this.#rejected++;
  }

  get value(): number {
    return this.#value;
  }
  /** Amounts left out, because they were NaN, infinite or negative. */
  get rejected(): number {
    return this.#rejected;
  }
}
