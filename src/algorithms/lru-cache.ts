import { BoundedCache } from "./bounded-cache.ts";
import type { CacheOptions } from "./cache.ts";
import { LruPolicy } from "./lru-policy.ts";

/**
 * A cache of bounded size that drops what has not been used for longest (exact LRU). Iteration begins with the most
 * recently used. It belongs to one thread.
 * For traffic with scans or loops in it `AdaptiveCache` finds more; where only age counts, see `TimedCache`.
 */
export class LruCache<K, V> extends BoundedCache<K, V> {
  /** @throws {RangeError | TypeError} naming the option, what was expected and what came */
  constructor(options: CacheOptions<K, V>) {
    super({ name: "LruCache", policy: (table) => new LruPolicy(table) }, options);
  }
}
