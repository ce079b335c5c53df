/** One series that rises and falls. Keep the handle: its methods look nothing up. */
export class Gauge {
  #value = 0;

  /** @param value any number; NaN means "not known" */
  set(value: number): void {
    this.#value = value;
  }
  /** @param amount any number */
  add(amount: number): void {
    this.#value += amount;
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
}
