import type { EvictionPolicy } from "./cache.ts";
import type { EntryTable } from "./entry-table.ts";

/** Options that all kinds have. */
export const cacheOptions: readonly string[] = ["maxSize", "maxWeight", "weigh", "ttlMs", "onEvict", "clock"];

/** How a kind of cache differs from the others. */
export interface CacheKind<K> {
  /** For messages. */
  readonly name: string;
  /** Makes the policy, which keeps its order in the table's links. */
  readonly policy: (table: EntryTable<unknown, unknown>) => EvictionPolicy;
  /** How many lists the policy has. @default 1 */
  readonly lists?: number;
  /** Does a `Map` remember strings that were found? (See `EntryTable`.) @default false */
  readonly remembers?: boolean;
  /** Gives the policy a hash for keys that the table doesn't hash. @default none */
  readonly hashOther?: (key: K) => number;
  /** Options that only this kind has. @default none */
  readonly options?: readonly string[];
  /** Does every use start an entry's life anew? @default false */
  readonly sliding?: boolean;
}
