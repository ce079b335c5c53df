/**
 * Keeps the k best of many numbered documents in a heap whose root is the worst of them. Of two with equal scores the one with
 * the lower order is better, so the result doesn't depend on the sequence of offers. Used again and again, it allocates
 * nothing.
 */
export class TopK {
  #ids = new Uint32Array(16);
  #scores = new Float64Array(16);
  #size = 0;
  #k = 0;
  /** What a score must reach to be kept; a lower one need not be offered. */
  floor = 0;
  readonly #orderOf: (id: number) => number;

  constructor(orderOf: (id: number) => number) {
    this.#orderOf = orderOf;
  }

  /** Forgets all. @param k how many to keep, ≥ 0 */
  reset(k: number): void {
    this.#k = k;
    this.#size = 0;
    this.floor = k === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  /**
   * Forgets all, then takes what is above 0 of a whole array of scores.
   * @param limit above all ids
   */
  fill(scores: Float32Array, limit: number, k: number): void {
    this.reset(k);
    let least = Math.max(this.floor, Number.MIN_VALUE);
    for (let id = 0; id < limit; id++) {
      if (scores[id]! < least) continue;
      this.offer(id, scores[id]!);
      least = Math.max(this.floor, Number.MIN_VALUE);
    }
  }

  offer(id: number, score: number): void {
    if (this.#size < this.#k) {
      if (this.#size === this.#ids.length) this.#grow();
      this.#siftUp(this.#size++, id, score);
    } else if (this.#k > 0 && this.#isWorse(this.#ids[0]!, this.#scores[0]!, id, score))
      this.#siftDown(id, score);
    if (this.#size === this.#k && this.#k > 0) this.floor = this.#scores[0]!;
  }

  /** Sorts what was kept, best first, into `into`, and the scores into `scores`; the heap is empty then. */
  drain(into: number[], scores?: number[]): void {
    into.length = this.#size;
    if (scores !== undefined) scores.length = this.#size;
    for (let i = this.#size - 1; i >= 0; i--) {
      into[i] = this.#ids[0]!;
      if (scores !== undefined) scores[i] = this.#scores[0]!;
      this.#size = i;
      if (i > 0) this.#siftDown(this.#ids[i]!, this.#scores[i]!);
    }
  }

  #isWorse(id: number, score: number, otherId: number, otherScore: number): boolean {
    if (score !== otherScore) return score < otherScore;
    return this.#orderOf(id) > this.#orderOf(otherId);
  }

  #siftUp(from: number, id: number, score: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isWorse(id, score, this.#ids[parent]!, this.#scores[parent]!)) break;
      this.#put(at, this.#ids[parent]!, this.#scores[parent]!);
      at = parent;
    }
    this.#put(at, id, score);
  }

  /** Puts a document in the place of the root and lets it sink. */
  #siftDown(id: number, score: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const other = child + 1;
      if (
        other < this.#size &&
        this.#isWorse(this.#ids[other]!, this.#scores[other]!, this.#ids[child]!, this.#scores[child]!)
      )
        child = other;
      if (!this.#isWorse(this.#ids[child]!, this.#scores[child]!, id, score)) break;
      this.#put(at, this.#ids[child]!, this.#scores[child]!);
      at = child;
    }
    this.#put(at, id, score);
  }

  #put(at: number, id: number, score: number): void {
    this.#ids[at] = id;
    this.#scores[at] = score;
  }

  #grow(): void {
    const ids = new Uint32Array(this.#ids.length * 2);
    ids.set(this.#ids);
    this.#ids = ids;
    const scores = new Float64Array(this.#scores.length * 2);
    scores.set(this.#scores);
    this.#scores = scores;
  }
}
