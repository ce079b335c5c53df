import { AdaptivePolicy } from "./adaptive-policy.ts";
import { BoundedCache } from "./bounded-cache.ts";
import type { CacheOptions } from "./cache.ts";
import { hashOther } from "./other-hash.ts";
import { firstSlot } from "./window-tiny-lfu.ts";

/**
 * A cache of bounded size that learns from its traffic what to keep: by frequency where some keys are popular or where
 * scans and loops go through, by recency where that pays. It finds more than LRU, ARC, S3-FIFO or W-TinyLFU on most
 * traffic, and hardly ever less than LRU (docs/decisions/adaptive-policy.md). Iteration begins with what was added last,
 * then what has proved useful, then what is on probation. It belongs to one thread.
 */
export class AdaptiveCache<K, V> extends BoundedCache<K, V> {
  /** @throws {RangeError | TypeError} naming the option, what was expected and what came */
  constructor(options: CacheOptions<K, V>) {
    const [seed] = crypto.getRandomValues(new Int32Array(1));
    super(
      {
        name: "AdaptiveCache",
        policy: (table) => new AdaptivePolicy(table, table.lastSlot, seed!),
        lists: firstSlot,
        hashOther,
      },
      options,
    );
  }
}
