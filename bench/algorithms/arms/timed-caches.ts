import { load } from "./caches.ts";

/** What the benchmarks use of a cache whose entries expire. */
export interface BenchTimedCache<K> {
  /** @returns `undefined` when absent or expired */
  get(key: K): unknown;
  /** For as long as the cache says. */
  set(key: K, value: object): unknown;
  /** Stores an entry for another time than the others. @param ttlMs an integer > 0 */
  setFor(key: K, value: object, ttlMs: number): void;
  readonly size: number;
}

type Open = <K>(maxSize: number, ttlMs: number) => Promise<BenchTimedCache<K>>;

/** Options that lru-cache and ttlcache have in common. */
interface Options {
  readonly max: number;
  readonly ttl: number;
}
type Extendable = new <K>(
  options: Options,
) => {
  get(key: K): unknown;
  set(key: K, value: object, options?: { readonly ttl: number }): unknown;
  readonly size: number;
};

const open = {
  timedCache: async <K>(maxSize: number, ttlMs: number) => {
    const { TimedCache } = await import("../../../src/algorithms/timed-cache.ts");
    return new (class extends TimedCache<K, object> {
      setFor(key: K, value: object, entryTtlMs: number): void {
        this.set(key, value, { ttlMs: entryTtlMs });
      }
    })({ maxSize, ttlMs });
  },
  nodeLruCache: async (max, ttl) => openTheirs("lru-cache", "LRUCache", { max, ttl }),
  ttlCache: async (max, ttl) => openTheirs("@isaacs/ttlcache", "TTLCache", { max, ttl }),
  datesInMap: async (maxSize, ttlMs) => new DatesInMap(maxSize, ttlMs),
  sweptDatesInMap: async (maxSize, ttlMs) => new DatesInMap(maxSize, ttlMs, 500),
} satisfies Record<string, Open>;

export type TimedCacheId = keyof typeof open;

export async function openTimedCache<K>(
  id: TimedCacheId,
  maxSize: number,
  ttlMs: number,
): Promise<BenchTimedCache<K>> {
  return await (open[id] as Open)<K>(maxSize, ttlMs);
}

async function openTheirs<K>(specifier: string, name: string, options: Options): Promise<BenchTimedCache<K>> {
  const Theirs = (await load<Record<string, Extendable>>(specifier))[name]!;
  return new (class extends Theirs<K> {
    setFor(key: K, value: object, ttl: number): void {
      this.set(key, value, { ttl });
    }
  })(options);
}

/** What is written by hand: a Map of values and dates, which forgets the oldest, and what it finds to be too old. */
class DatesInMap<K> implements BenchTimedCache<K> {
  readonly #entries = new Map<K, { readonly value: object; readonly expires: number }>();
  readonly #maxSize: number;
  readonly #ttlMs: number;

  /** @param sweepMs how often to look for entries that are too old @default only when one is asked for */
  constructor(maxSize: number, ttlMs: number, sweepMs?: number) {
    this.#maxSize = maxSize;
    this.#ttlMs = ttlMs;
    if (sweepMs !== undefined) setInterval(() => this.#sweep(), sweepMs).unref();
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): object | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expires > Date.now()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: K, value: object): void {
    this.setFor(key, value, this.#ttlMs);
  }

  setFor(key: K, value: object, ttlMs: number): void {
    this.#entries.set(key, { value, expires: Date.now() + ttlMs });
    if (this.#entries.size > this.#maxSize) this.#entries.delete(this.#entries.keys().next().value as K);
  }

  #sweep(): void {
    const now = Date.now();
    for (const [key, { expires }] of this.#entries) if (expires <= now) this.#entries.delete(key);
  }
}
