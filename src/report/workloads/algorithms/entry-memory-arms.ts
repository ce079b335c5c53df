import { LruCache } from "../../../algorithms/lru-cache.ts";
import type { Arm } from "../../../measure/arm.ts";
import { retainedBytes } from "../retained-bytes.ts";
import { keysUpTo } from "./sample-keys.ts";

/** What all arms of the row are told. */
export interface EntryMemoryWork {
  readonly entries: number;
  /** Keys set in all, one after the other, so that most have been evicted. */
  readonly keys: number;
}

interface Entries {
  readonly size: number;
  set(key: string, value: object): unknown;
  get(key: string): object | undefined;
}

interface LruCacheModule {
  readonly LRUCache: new (options: { max: number }) => Entries;
}

/** `lru-cache`, in whichever module format it was found. */
export async function lruCachePackage(work: EntryMemoryWork & { readonly peerUrl: string }): Promise<Arm> {
  const loaded = (await import(work.peerUrl)) as LruCacheModule & { readonly default?: LruCacheModule };
  const LRUCache = loaded.LRUCache ?? loaded.default?.LRUCache;
  return memoryArm(work, () => new LRUCache({ max: work.entries }));
}

/** A Map that is told which key to drop, since it keeps no order of use. */
export function bareMap(work: EntryMemoryWork): Arm {
  return memoryArm(work, () => new Map(), true);
}

/** `LruCache`. */
export function lruCache(work: EntryMemoryWork): Arm {
  return memoryArm(work, () => new LruCache<string, object>({ maxSize: work.entries }));
}

/** Keys and values are made before and held throughout, so that only what the cache adds is counted. */
function memoryArm(work: EntryMemoryWork, make: () => Entries, toldToDrop = false): Arm {
  const keys = keysUpTo(work.keys);
  const values = keys.map((_, i) => ({ i }));
  const fill = (): Entries => {
    const made = make();
    for (let i = 0; i < keys.length; i++) {
      made.set(keys[i] as string, values[i] as object);
      if (toldToDrop && i >= work.entries)
        (made as Map<string, object>).delete(keys[i - work.entries] as string);
    }
    return made;
  };
  let bytesPerEntry = 0;
  let cache: Entries;
  return {
    run: async () => {
      const { made, bytes } = await retainedBytes(fill);
      cache = made;
      bytesPerEntry = bytes / made.size;
    },
    answer: () => {
      const held = keys.filter((key, i) => cache.get(key) === values[i]);
      return `${cache.size} entries, from ${held[0]} to ${held.at(-1)}, ${held.length} of them found`;
    },
    counters: () => ({ bytesPerEntry }),
  };
}
