import type { EvictionPolicy } from "./cache.ts";
import { type EntryTable, newerAt, olderAt } from "./entry-table.ts";

/** Entries spared for one that leaves, at most: where nearly all are in use, it matters little which one goes. */
const mostSpared = 32;

/**
 * Evicts what has roughly not been used for longest (CLOCK): entries stand in order of arrival, and one that was used
 * since its last turn goes to the end of the line instead of leaving. A use is one byte written, where exact LRU relinks.
 * A victim is found in 33 steps at most. The one just added is the last to be chosen.
 * @see Corbató, A Paging Experiment with the Multics System, 1968
 */
export class SecondChancePolicy implements EvictionPolicy {
  readonly #table: EntryTable<unknown, unknown>;
  /** By slot: was it used since its last turn? */
  #used: Uint8Array;
  #newcomer = 0;

  constructor(table: EntryTable<unknown, unknown>) {
    this.#table = table;
    this.#used = new Uint8Array(table.lastSlot + 1);
  }

  added(slot: number): void {
    this.#used[slot] = 0;
    this.#newcomer = slot;
    this.#link(slot);
  }

  used(slot: number): void {
    this.#used[slot] = 1;
  }

  removed(slot: number): void {
    const { links } = this.#table;
    const newer = links[(slot << 2) + newerAt]!;
    const older = links[(slot << 2) + olderAt]!;
    links[(newer << 2) + olderAt] = older;
    links[(older << 2) + newerAt] = newer;
  }

  victim(): number {
    const { links } = this.#table;
    for (let spared = 0; ; spared++) {
      const slot = links[newerAt]!;
      if (slot === this.#newcomer) this.#newcomer = 0;
      else if (this.#used[slot] === 0 || spared === mostSpared) return slot;
      this.#used[slot] = 0;
      this.removed(slot);
      this.#link(slot);
    }
  }

  resized(): void {}

  grown(lastSlot: number): void {
    const grown = new Uint8Array(lastSlot + 1);
    grown.set(this.#used);
    this.#used = grown;
  }

  /** Those whose turn came last, or that were added, first. */
  *slots(): Iterable<number> {
    const { links } = this.#table;
    for (let slot = links[olderAt]!; slot !== 0; slot = links[(slot << 2) + olderAt]!) yield slot;
  }

  #link(slot: number): void {
    const { links } = this.#table;
    const newest = links[olderAt]!;
    links[(slot << 2) + newerAt] = 0;
    links[(slot << 2) + olderAt] = newest;
    links[(newest << 2) + newerAt] = slot;
    links[olderAt] = slot;
  }
}
