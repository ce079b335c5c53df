import { type Arm, seededRandom } from "../../../src/measure/index.ts";
import { type BenchCache, type CacheId, openCache } from "./caches.ts";
import { type Key, type KeyKind, makeKeys, value, zipfIndexes } from "./keys.ts";

export interface BytesPerEntry {
  readonly cache: CacheId;
  readonly capacity: number;
  readonly keys: KeyKind;
}

/** Asked for by Zipf's law; a power of 10. */
const knownKeys = 100_000;

/**
 * One operation: fills a cache and churns it with 10 requests for each entry, half of them by Zipf's law, half for keys
 * that never come again. `bytes` is what the cache alone then takes, `held` how many entries it holds.
 */
export async function setup(args: unknown): Promise<Arm> {
  const { cache: id, capacity, keys: kind } = args as BytesPerEntry;
  const churnKeys = 5 * capacity;
  const keys = makeKeys(kind, knownKeys + capacity + churnKeys);
  const known = zipfIndexes(churnKeys, knownKeys, 0.99, seededRandom(1));

  const churn = (cache: BenchCache<Key>, entries: number): BenchCache<Key> => {
    let fresh = knownKeys;
    for (let i = 0; i < entries; i++) cache.set(keys[fresh++]!, value);
    for (let i = 0; i < 5 * entries; i++) {
      const key = keys[known[i]!]!;
      if (cache.get(key) === undefined) cache.set(key, value);
      cache.set(keys[fresh++]!, value);
    }
    return cache;
  };
  let cache: BenchCache<Key> | undefined;
  return {
    async run() {
      cache = churn(await openCache<Key>(id, capacity), capacity);
    },
    async counters() {
      const held = keys.filter((key) => cache!.has(key)).length;
      // What goes with the cache is the cache's: compiled code and the strings' hashes stay.
      const full = await usedBytes();
      cache = undefined;
      return { bytes: full - (await usedBytes()), held };
    },
  };
}

/** After a full collection; `external` includes the array buffers. */
async function usedBytes(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    gc!();
    // Array buffers are freed by another thread.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
