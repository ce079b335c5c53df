/** Buckets of a level; a level's bucket spans a whole turn of the level below. */
const buckets = 64;
const levels = 5;

/** Milliseconds that one bucket of the lowest level spans: how late a due slot may be handed over. */
export const tickMs = 16;

/** Milliseconds that a bucket of each level spans: 16 ms, 1 s, 65 s, 70 min, 3 days. */
const spansMs: readonly number[] = Array.from({ length: levels }, (_, level) => tickMs * buckets ** level);

/**
 * Slots in order of their due time, roughly: a hierarchical timer wheel. Adding, removing and handing over cost O(1)
 * each; a slot due far ahead comes down a level now and then, four times at most.
 * It has no clock: the owner says what time it is, in milliseconds ≥ 0.
 * @see https://doi.org/10.1145/41457.37504 (Varghese and Lauck)
 */
export class TimerWheel {
  // Rings of slots. Their heads come after the slots: one for each bucket, and one for what waits to be handed over.
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #lastSlot = 0;
  /** Buckets up to here have been emptied. */
  #now: number;
  // Many slots in turn have the same due time.
  #lastDueMs = Number.NaN;
  #lastHead = 0;

  constructor(now: number) {
    this.#now = now;
    this.#next = new Int32Array(1 + levels * buckets + 1).map((_, i) => i);
    this.#previous = this.#next.slice();
  }

  /** @param lastSlot the highest slot from now on, not lower than before */
  grow(lastSlot: number): void {
    const shift = lastSlot - this.#lastSlot;
    const grown = (links: Int32Array): Int32Array<ArrayBuffer> => {
      const copy = new Int32Array(links.length + shift);
      for (let i = 0; i < links.length; i++) {
        const link = links[i]!;
        copy[i <= this.#lastSlot ? i : i + shift] = link <= this.#lastSlot ? link : link + shift;
      }
      return copy;
    };
    this.#next = grown(this.#next);
    this.#previous = grown(this.#previous);
    this.#lastSlot = lastSlot;
    this.#lastDueMs = Number.NaN;
  }

  has(slot: number): boolean {
    return this.#next[slot] !== 0;
  }

  /** @param slot not in the wheel @param dueMs finite */
  add(slot: number, dueMs: number): void {
    if (dueMs !== this.#lastDueMs) {
      this.#lastHead = this.#headFor(Math.max(dueMs, this.#now));
      this.#lastDueMs = dueMs;
    }
    const head = this.#lastHead;
    const last = this.#previous[head]!;
    this.#next[slot] = head;
    this.#previous[slot] = last;
    this.#next[last] = slot;
    this.#previous[head] = slot;
  }

  /** Takes a slot out; without effect when it isn't in. */
  remove(slot: number): void {
    const next = this.#next[slot]!;
    if (next === 0) return;
    const previous = this.#previous[slot]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#next[slot] = 0;
  }

  /**
   * Turns the wheel to `now`. Each slot found on the way is taken out and handed over: it is due, or its owner adds it
   * again.
   * @param atMost slots handed over before it stops, so that it never takes long
   * @param toTheEnd whether to look into the bucket that isn't over yet, too
   * @returns whether all were handed over
   */
  advance(now: number, atMost: number, take: (slot: number) => void, toTheEnd = false): boolean {
    const waiting = this.#lastSlot + 1 + levels * buckets;
    for (let level = 0; level < levels; level++) {
      const span = spansMs[level]!;
      // On the lowest level a bucket is emptied when it is over, so that all in it is due; on others when it begins.
      const lead = level === 0 ? 0 : 1;
      const end = Math.floor(now / span) + (toTheEnd ? 1 : lead);
      for (let turn = Math.max(Math.floor(this.#now / span) + lead, end - buckets); turn < end; turn++)
        this.#splice(this.#head(level, turn), waiting);
    }
    if (now > this.#now) {
      this.#now = now;
      this.#lastDueMs = Number.NaN;
    }
    for (let left = atMost; this.#next[waiting] !== waiting; left--) {
      if (left === 0) return false;
      const slot = this.#next[waiting]!;
      this.remove(slot);
      take(slot);
    }
    return true;
  }

  /** @returns when `advance` will next have something to do, in milliseconds; `undefined` when empty */
  nextMs(): number | undefined {
    const waiting = this.#lastSlot + 1 + levels * buckets;
    if (this.#next[waiting] !== waiting) return this.#now;
    let next: number | undefined;
    for (let level = 0; level < levels; level++) {
      const span = spansMs[level]!;
      const now = Math.floor(this.#now / span);
      for (let ahead = level === 0 ? 0 : 1; ahead < buckets; ahead++) {
        const head = this.#head(level, now + ahead);
        if (this.#next[head] === head) continue;
        const due = (now + ahead + (level === 0 ? 1 : 0)) * span;
        if (next === undefined || due < next) next = due;
        break;
      }
    }
    return next;
  }

  #head(level: number, turn: number): number {
    return this.#lastSlot + 1 + level * buckets + (turn % buckets);
  }

  #headFor(dueMs: number): number {
    for (let level = 0; level < levels; level++) {
      const turn = Math.floor(dueMs / spansMs[level]!);
      if (turn - Math.floor(this.#now / spansMs[level]!) < buckets) return this.#head(level, turn);
    }
    // Farther ahead than the wheel reaches: it waits in the last bucket, and is added anew from there.
    return this.#head(levels - 1, Math.floor(this.#now / spansMs[levels - 1]!) + buckets - 1);
  }

  /** Moves all slots of one ring to the end of another. */
  #splice(from: number, to: number): void {
    const first = this.#next[from]!;
    if (first === from) return;
    const last = this.#previous[from]!;
    const end = this.#previous[to]!;
    this.#next[end] = first;
    this.#previous[first] = end;
    this.#next[last] = to;
    this.#previous[to] = last;
    this.#next[from] = from;
    this.#previous[from] = from;
  }
}
