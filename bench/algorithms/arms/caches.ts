/** What the benchmarks use of a cache; every rival but transitory has just these methods. */
export interface BenchCache<K> {
  /** @returns `undefined` when absent */
  get(key: K): unknown;
  set(key: K, value: object): unknown;
  has(key: K): boolean;
}

type Open = <K>(capacity: number) => Promise<BenchCache<K>>;
type Make<Options extends unknown[]> = new <K>(...options: Options) => BenchCache<K>;

/** Only the cache that is measured is loaded, so that no other has a part in what the compiler learns. */
const open = {
  lruCache: async (maxSize) => {
    const { LruCache } = await import("../../../src/algorithms/lru-cache.ts");
    return new LruCache({ maxSize });
  },
  adaptiveCache: async (maxSize) => {
    const { AdaptiveCache } = await import("../../../src/algorithms/adaptive-cache.ts");
    return new AdaptiveCache({ maxSize });
  },
  nodeLruCache: async (max) => {
    const { LRUCache } = await load<{ LRUCache: Make<[{ max: number }]> }>("lru-cache");
    return new LRUCache({ max });
  },
  tinyLru: async (max) => {
    const { LRU } = await load<{ LRU: Make<[number]> }>("tiny-lru");
    return new LRU(max);
  },
  lruMin: async (max) => {
    const { createLRU } = await load<{ createLRU: <K>(options: { max: number }) => BenchCache<K> }>(
      "lru.min",
    );
    return createLRU({ max });
  },
  mnemonistMap: async (capacity) => {
    const { LRUMap } = await load<{ LRUMap: Make<[number]> }>("mnemonist");
    return new LRUMap(capacity);
  },
  mnemonistCache: async (capacity) => {
    const { LRUCache } = await load<{ LRUCache: Make<[number]> }>("mnemonist");
    return new LRUCache(capacity);
  },
  sieve: async (maxSize) => {
    const { SieveCache } = await load<{ SieveCache: Make<[number]> }>("@neophi/sieve-cache");
    return new SieveCache(maxSize);
  },
  lruOnMap: async (capacity) => new LruOnMap(capacity),
  transitory: async <K>(maxSize: number) => {
    interface Builder {
      maxSize(entries: number): Builder;
      build(): TransitoryCache<K>;
    }
    const { newCache } = await load<{ newCache: () => Builder }>("transitory");
    return new Transitory<K>(newCache().maxSize(maxSize).build());
  },
  quickLru: async (maxSize) => {
    const { default: QuickLru } = await load<{ default: Make<[{ maxSize: number }]> }>("quick-lru");
    return new QuickLru({ maxSize });
  },
  flru: async (max) => {
    const { default: flru } = await load<{ default: <K>(max: number) => BenchCache<K> }>("flru");
    return flru(max);
  },
  map: async () => new Map(),
} satisfies Record<string, Open>;

export type CacheId = keyof typeof open;

export async function openCache<K>(id: CacheId, capacity: number): Promise<BenchCache<K>> {
  return await (open[id] as Open)<K>(capacity);
}

/** A name that the compiler doesn't look up: the packages may not be installed when the benchmarks are type-checked. */
export async function load<T>(specifier: string): Promise<T> {
  return (await import(specifier)) as T;
}

/** The least code that makes an exact LRU: a Map iterates in the order of insertion. */
class LruOnMap<K> implements BenchCache<K> {
  readonly #entries = new Map<K, object>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: K): object | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: K, value: object): void {
    if (!this.#entries.delete(key) && this.#entries.size === this.#capacity)
      this.#entries.delete(this.#entries.keys().next().value as K);
    this.#entries.set(key, value);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }
}

interface TransitoryCache<K> {
  getIfPresent(key: K): object | null;
  set(key: K, value: object): unknown;
  has(key: K): boolean;
}

class Transitory<K> implements BenchCache<K> {
  readonly #cache: TransitoryCache<K>;

  constructor(cache: TransitoryCache<K>) {
    this.#cache = cache;
  }

  get(key: K): object | undefined {
    return this.#cache.getIfPresent(key) ?? undefined;
  }

  set(key: K, value: object): void {
    this.#cache.set(key, value);
  }

  has(key: K): boolean {
    return this.#cache.has(key);
  }
}
