import type { Dispatcher } from "undici";

interface Entry<T> {
  readonly value: T;
  /** Whether it was asked for since it was last passed over. */
  isUsed: boolean;
}

/** How many of the oldest are looked at for one that can go. */
const looked = 32;

/**
 * What is kept for each origin, for a bounded number of them. When there are more, one goes that hasn't been asked for lately, if
 * possible one that is idle (the clock algorithm, which costs a hit no more than a mark).
 * @internal
 */
export class Origins<T> {
  readonly #make: (origin: string) => T;
  readonly #max: number;
  readonly #isIdle: (value: T) => boolean;
  readonly #entries = new Map<string, Entry<T>>();

  /** @param max an integer ≥ 1 @param isIdle whether nothing is lost with it */
  constructor(max: number, make: (origin: string) => T, isIdle: (value: T) => boolean) {
    this.#make = make;
    this.#max = max;
    this.#isIdle = isIdle;
  }

  get size(): number {
    return this.#entries.size;
  }

  of(origin: Dispatcher.DispatchOptions["origin"]): T {
    const key = typeof origin === "string" ? origin : (origin?.origin ?? "");
    const entry = this.#entries.get(key);
    if (entry === undefined) return this.#add(key);
    entry.isUsed = true;
    return entry.value;
  }

  *[Symbol.iterator](): Generator<[string, T]> {
    for (const [origin, { value }] of this.#entries) yield [origin, value];
  }

  #add(origin: string): T {
    const value = this.#make(origin);
    if (this.#entries.size >= this.#max) this.#evict();
    this.#entries.set(origin, { value, isUsed: false });
    return value;
  }

  #evict(): void {
    const { size } = this.#entries;
    for (let i = 0; i < Math.min(looked, size); i++) {
      const [origin, entry] = this.#entries.entries().next().value!;
      this.#entries.delete(origin);
      if (!entry.isUsed && this.#isIdle(entry.value)) return;
      entry.isUsed = false;
      this.#entries.set(origin, entry);
    }
    // All are in use: what is under way on the one that goes ends all the same.
    this.#entries.delete(this.#entries.keys().next().value!);
  }
}
