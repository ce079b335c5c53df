import type { EvictionPolicy } from "./cache.ts";
import { type EntryTable, newerAt, olderAt } from "./entry-table.ts";

/** Evicts what has not been used for longest (exact LRU): a ring through the table's links, which starts at slot 0. */
export class LruPolicy implements EvictionPolicy {
  readonly #table: EntryTable<unknown, unknown>;

  constructor(table: EntryTable<unknown, unknown>) {
    this.#table = table;
  }

  added(slot: number): void {
    const { links } = this.#table;
    const at = slot << 2;
    const newest = links[olderAt]!;
    links[at + newerAt] = 0;
    links[at + olderAt] = newest;
    links[(newest << 2) + newerAt] = slot;
    links[olderAt] = slot;
  }

  used(slot: number): void {
    const { links } = this.#table;
    const newest = links[olderAt]!;
    if (newest === slot) return;
    const at = slot << 2;
    const newer = links[at + newerAt]!;
    const older = links[at + olderAt]!;
    links[(newer << 2) + olderAt] = older;
    links[(older << 2) + newerAt] = newer;
    links[at + newerAt] = 0;
    links[at + olderAt] = newest;
    links[(newest << 2) + newerAt] = slot;
    links[olderAt] = slot;
  }

  removed(slot: number): void {
    const { links } = this.#table;
    const newer = links[(slot << 2) + newerAt]!;
    const older = links[(slot << 2) + olderAt]!;
    links[(newer << 2) + olderAt] = older;
    links[(older << 2) + newerAt] = newer;
  }

  victim(): number {
    return this.#table.links[newerAt]!;
  }

  resized(): void {}

  grown(): void {}

  /** From the most recently used on. */
  *slots(): Iterable<number> {
    const { links } = this.#table;
    for (let slot = links[olderAt]!; slot !== 0; slot = links[(slot << 2) + olderAt]!) yield slot;
  }
}
