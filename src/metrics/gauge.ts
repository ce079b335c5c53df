/** One series that rises and falls. Keep the handle: its methods look nothing up. */
export class Gauge {
  #value = 0;
  #rejected = 0;

  /** @param value any number; NaN means "not known"; what is no number is left out and counted in `rejected` */
  set(value: number): void {
    if (typeof value === "number") this.#value = value;
    else this.#rejected++;
  }
  /** @param amount as for `set` */
  add(amount: number): void {
    if (typeof amount === "number") this.#value += amount;
    else this.#rejected++;
  }
  inc(): void {
    this.#value++;
  }
  dec(): void {
    this.#value--;
  }

  get value(): number {
    return this.#value;
  }
  /** What came from untyped code and was no number. */
  get rejected(): number {
    return this.#rejected;
  }
}
