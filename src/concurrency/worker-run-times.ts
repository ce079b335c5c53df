/** What sending, waking and answering cost for each task even when many share a message, milliseconds. */
const overheadMs = 0.002;
/** Weights of a new run, once there are enough: the one follows a change at once, the other remembers rare long runs. */
const fastWeight = 1 / 8;
const slowWeight = 1 / 256;

/** How long one function's runs take: the larger of a quick and a slow mean, so that a batch is rather too small. */
export class RunTimes {
  #count = 0;
  #fastMs = 0;
  #slowMs = 0;

  /** @param runMs milliseconds, ≥ 0 */
  record(runMs: number): void {
    this.#count++;
    this.#fastMs += (runMs - this.#fastMs) * Math.max(fastWeight, 1 / this.#count);
    this.#slowMs += (runMs - this.#slowMs) * Math.max(slowWeight, 1 / this.#count);
  }

  /** Milliseconds that the next run takes, its share of a message included; `undefined` before the first. */
  get expectedMs(): number | undefined {
    return this.#count === 0 ? undefined : overheadMs + Math.max(this.#fastMs, this.#slowMs);
  }
}
