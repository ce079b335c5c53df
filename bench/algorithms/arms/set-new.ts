import type { Arm } from "../../../src/measure/index.ts";
import { type CacheId, openCache } from "./caches.ts";
import { type Key, type KeyKind, makeKeys, value } from "./keys.ts";

export interface SetNew {
  readonly cache: CacheId;
  readonly capacity: number;
  readonly keys: KeyKind;
}

/** A power of 2; a key is long gone when it comes again. */
const keyCount = 2 ** 19;

/** One operation: stores a key that the cache, which is full, does not hold. */
export async function setup(args: unknown): Promise<Arm> {
  const { cache: id, capacity, keys: kind } = args as SetNew;
  const cache = await openCache<Key>(id, capacity);
  const keys = makeKeys(kind, keyCount);
  let at = 0;
  const run = (count: number): void => {
    let next = at;
    for (let i = 0; i < count; i++) {
      cache.set(keys[next]!, value);
      next = (next + 1) & (keyCount - 1);
    }
    at = next;
  };
  run(3 * capacity);
  return { run, counters: () => ({ held: keys.filter((key) => cache.has(key)).length }) };
}
