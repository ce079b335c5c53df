/**
 * Allows `count` starts in any interval of `intervalMs`, wherever it begins: a strict sliding window. (A token bucket of the same
 * figures lets through nearly twice as many at once: a full bucket, and what is filled in meanwhile.)
 * Pure arithmetic on the times of the last `count` starts.
 */
export class SlidingWindow {
  readonly #count: number;
  readonly #intervalMs: number;
  /** A ring, as soon as it is full. */
  readonly #starts: number[] = [];
  #oldest = 0;

  /** @param count an integer ≥ 1 @param intervalMs milliseconds, > 0 */
  constructor(count: number, intervalMs: number) {
    this.#count = count;
    this.#intervalMs = intervalMs;
  }

  /** @returns milliseconds until the next start is allowed; 0 for now */
  delayMs(now: number): number {
    if (this.#starts.length < this.#count) return 0;
    return Math.max(0, this.#starts[this.#oldest]! + this.#intervalMs - now);
  }

  /** Notes a start, which `delayMs` has allowed. */
  start(now: number): void {
    if (this.#starts.length < this.#count) this.#starts.push(now);
    else {
      this.#starts[this.#oldest] = now;
      this.#oldest = (this.#oldest + 1) % this.#count;
    }
  }
}
