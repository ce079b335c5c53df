import type { Arm } from "../../../src/measure/index.ts";
import { type CacheId, openCache } from "./caches.ts";
import { type Key, type KeyKind, makeKeys, value } from "./keys.ts";

export interface GetThenSet {
  readonly cache: CacheId;
  readonly capacity: number;
  readonly keys: KeyKind;
  /** How many keys there are. */
  readonly keyCount: number;
  /** Indexes of the keys asked for, a power of 2 of them, played again and again. */
  readonly requests: Uint32Array;
}

/** One operation: asks for a key, and stores it where it isn't there. The hit ratio is that of the first pass's second half. */
export async function setup(args: unknown): Promise<Arm> {
  const { cache: id, capacity, keys: kind, keyCount, requests } = args as GetThenSet;
  const cache = await openCache<Key>(id, capacity);
  const keys = makeKeys(kind, keyCount);
  const asked = Array.from(requests, (index) => keys[index]!);
  const mask = asked.length - 1;
  let at = 0;
  let hits = 0;
  const run = (count: number): void => {
    let next = at;
    let found = 0;
    for (let i = 0; i < count; i++) {
      const key = asked[next]!;
      next = (next + 1) & mask;
      if (cache.get(key) === undefined) cache.set(key, value);
      else found++;
    }
    at = next;
    hits += found;
  };
  const half = asked.length / 2;
  run(half);
  hits = 0;
  run(half);
  const hitRatio = hits / half;
  return { run, counters: () => ({ hitRatio }) };
}
