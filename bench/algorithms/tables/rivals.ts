import { named } from "../../figures.ts";
import type { CacheId } from "../arms/caches.ts";

/** What a cache promises to hold, and by which policy. */
type Family =
  | "ours"
  /** Just as many entries as asked for, the last used: the peers that a bar is about. */
  | "exact LRU"
  /** Just as many, by another policy. */
  | "exact"
  /** For scale. */
  | "more";

export interface Rival {
  readonly id: CacheId;
  /** With its version. */
  readonly name: string;
  readonly family: Family;
}

export const rivals: readonly Rival[] = [
  { id: "lruCache", name: "LruCache", family: "ours" },
  { id: "adaptiveCache", name: "AdaptiveCache", family: "ours" },
  { id: "nodeLruCache", name: named("lru-cache"), family: "exact LRU" },
  { id: "tinyLru", name: named("tiny-lru"), family: "exact LRU" },
  { id: "lruMin", name: named("lru.min"), family: "exact LRU" },
  { id: "mnemonistMap", name: `${named("mnemonist")} LRUMap`, family: "exact LRU" },
  { id: "mnemonistCache", name: `${named("mnemonist")} LRUCache`, family: "exact LRU" },
  { id: "lruOnMap", name: "just an LRU on a Map", family: "exact LRU" },
  { id: "sieve", name: named("@neophi/sieve-cache"), family: "exact" },
  { id: "transitory", name: `${named("transitory")} (W-TinyLFU, up to 1 % more)`, family: "more" },
  { id: "quickLru", name: `${named("quick-lru")} (up to twice the entries)`, family: "more" },
  { id: "flru", name: `${named("flru")} (up to twice the entries)`, family: "more" },
  { id: "map", name: "just a Map (unbounded)", family: "more" },
];

/**
 * Those that can be measured while they evict: from 10,000 entries on, the LRU on a Map takes µs for each, since V8's Map
 * walks over what was deleted to find the oldest.
 */
export function evictingRivals(capacity: number): readonly Rival[] {
  return capacity > 1_000 ? rivals.filter(({ id }) => id !== "lruOnMap") : rivals;
}
