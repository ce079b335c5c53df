import type { Clock } from "../clock.ts";

/** At most so many items between two looks at the clock: a look takes 30 to 50 ns. */
const maxStride = 32;

/**
 * Says when work has kept the event loop for its share of time. It looks at the clock at every item while items are
 * slow, and at every 32nd while they are fast, so a look costs next to nothing, and a sudden slow item is noticed after
 * 31 more of them at worst.
 */
export class TimeSlice {
  readonly #budgetMs: number;
  readonly #clock: Clock;
  #end: number;
  #lookedAt: number;
  #stride = 1;
  /** Before the first item there is nothing to see. */
  #left = 2;

  /** @param budgetMs milliseconds, ≥ 0; the first slice begins now */
  constructor(budgetMs: number, clock: Clock) {
    this.#budgetMs = budgetMs;
    this.#clock = clock;
    this.#lookedAt = clock.now();
    this.#end = this.#lookedAt + budgetMs;
  }

  /** Asked before each item. @returns true when the budget is used up, and from then on until `restart` */
  spent(): boolean {
    return --this.#left <= 0 && this.#look();
  }

  /** Begins a new slice. */
  restart(): void {
    this.#lookedAt = this.#clock.now();
    this.#end = this.#lookedAt + this.#budgetMs;
    this.#left = this.#stride;
  }

  #look(): boolean {
    const now = this.#clock.now();
    const share = (now - this.#lookedAt) / this.#budgetMs;
    if (share > 1 / 16) this.#stride = Math.max(1, Math.floor(this.#stride / (share * 16)));
    else if (share < 1 / 32) this.#stride = Math.min(maxStride, this.#stride * 2);
    this.#lookedAt = now;
    const isSpent = now >= this.#end;
    this.#left = isSpent ? 0 : this.#stride;
    return isSpent;
  }
}
