/** Where a statement runs: in the event loop's own thread, or on another. */
export type Place = "inline" | "thread";

/** Short runs in a row, on a thread, that bring a statement back at first. */
const firstProof = 32;
/** A statement that keeps turning long needs twice as many each time, up to this. */
const longestProof = 4096;
/** Short runs inline after which a statement's past is forgiven. */
const forgiveAfter = 10_000;

/**
 * Decides by a statement's own run times where it runs next. It begins inline. One run over the budget sends it to a
 * thread; there, `proof` runs in a row of at most half the budget bring it back. `proof` is 32, doubles at every
 * relapse up to 4,096, and is 32 again after 10,000 runs inline without one. So a statement on the edge doesn't swing,
 * and one that a pause of the garbage collector made look long returns soon.
 *
 * Pure arithmetic: 5 numbers a statement, nothing allocated by `record`.
 */
export class Placement {
  readonly #budgetMs: number;
  #place: Place = "inline";
  #proof = firstProof;
  #streak = 0;
  #maxMs = 0;

  /** @param budgetMs milliseconds > 0 that one run may hold the event loop */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  /** Where the next run belongs. */
  get place(): Place {
    return this.#place;
  }
  /** Longest run so far, in milliseconds. */
  get maxMs(): number {
    return this.#maxMs;
  }

  /**
   * @param durationMs how long the run took where it ran, without waiting in queues; ≥ 0
   * @param ranAt a run that was begun before the last move still counts where it ran
   */
  record(durationMs: number, ranAt: Place): void {
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
    if (ranAt !== this.#place) return;
    if (ranAt === "inline") this.#recordInline(durationMs);
    else this.#recordOnThread(durationMs);
  }

  #recordInline(durationMs: number): void {
    if (durationMs > this.#budgetMs) this.#move("thread");
    else if (++this.#streak >= forgiveAfter) this.#proof = firstProof;
  }

  #recordOnThread(durationMs: number): void {
    this.#streak = durationMs <= this.#budgetMs / 2 ? this.#streak + 1 : 0;
    if (this.#streak < this.#proof) return;
    this.#proof = Math.min(longestProof, this.#proof * 2);
    this.#move("inline");
  }

  #move(place: Place): void {
    this.#place = place;
    this.#streak = 0;
  }
}
