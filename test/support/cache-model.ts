import type { CacheDump, EvictionReason, LoadOptions } from "../../src/algorithms/cache.ts";
import { sameValueZero } from "./odd-keys.ts";

export type Eviction = readonly [key: unknown, value: unknown, reason: EvictionReason];

export interface ModelEntry {
  readonly key: unknown;
  value: unknown;
  weight: number;
  ttlMs: number;
  tags: readonly string[];
  freshUntil: number;
  keptUntil: number;
}

export interface ModelOptions {
  readonly maxSize: number;
  readonly maxWeight: number;
  readonly ttlMs: number;
  readonly weigh: ((key: unknown, value: unknown) => number) | undefined;
  readonly sliding: boolean;
  readonly now: () => number;
}

/**
 * What every cache promises, by the plainest means: one array, the most recently used first, searched from end to end.
 * It leaves open when an expired entry is removed: `leave` says so. With `victims` it leaves open, too, what is evicted.
 */
export class CacheModel {
  entries: ModelEntry[] = [];
  evicted: Eviction[] = [];
  maxSize: number;
  maxWeight: number;
  hits = 0;
  misses = 0;
  evictions = 0;
  expirations = 0;
  loads = 0;
  staleHits = 0;
  /** Names the next entry to be evicted, where it is not the least recently used one. */
  victims: ((evicted: number) => unknown) | undefined;
  readonly #options: ModelOptions;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.maxSize = options.maxSize;
    this.maxWeight = options.maxWeight;
  }

  get size(): number {
    return this.entries.length;
  }
  get weight(): number {
    return this.entries.reduce((sum, { weight }) => sum + weight, 0);
  }
  get fresh(): ModelEntry[] {
    return this.entries.filter((entry) => this.#isFresh(entry));
  }
  get expired(): ModelEntry[] {
    return this.entries.filter(({ keptUntil }) => keptUntil <= this.#options.now());
  }

  get(key: unknown): unknown {
    const entry = this.#find(key);
    if (entry === undefined || !this.#isFresh(entry)) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    this.#use(entry);
    return entry.value;
  }

  peek(key: unknown): unknown {
    return this.fresh.find((entry) => sameValueZero(entry.key, key))?.value;
  }

  set(key: unknown, value: unknown, options: LoadOptions = {}): void {
    const { ttlMs = this.#options.ttlMs, staleMs = 0, tags = [] } = options;
    const weight = this.#options.weigh?.(key, value) ?? 1;
    const former = this.#find(key);
    if (weight > this.maxWeight || ttlMs === 0) {
      if (former !== undefined) this.#remove(former, this.#reason(former, "replaced"));
      this.evicted.push([key, value, ttlMs === 0 ? "expired" : "size"]);
      return;
    }
    if (former !== undefined && (former.value !== value || !this.#isFresh(former)))
      this.evicted.push([former.key, former.value, this.#reason(former, "replaced")]);
    const freshUntil = this.#options.now() + ttlMs;
    const entry = { key: former === undefined ? key : former.key, value, weight, ttlMs };
    this.entries = [
      { ...entry, tags: [...new Set(tags)], freshUntil, keptUntil: freshUntil + staleMs },
      ...this.entries.filter((each) => each !== former),
    ];
    this.#evictSurplus();
  }

  /** With a loader that answers at once. */
  getOrLoad(key: unknown, loaded: unknown, options: LoadOptions): unknown {
    const { staleMs = 0, refreshAheadMs = 0 } = options;
    const now = this.#options.now();
    const entry = this.#find(key);
    const leftMs = entry === undefined ? 0 : entry.freshUntil - now;
    if (entry === undefined || leftMs + staleMs <= 0 || entry.keptUntil <= now) {
      this.misses++;
      this.#load(key, loaded, options);
      return loaded;
    }
    const { value } = entry;
    if (leftMs > 0) {
      this.hits++;
      this.#use(entry);
    } else {
      this.staleHits++;
      this.#moveToFront(entry);
    }
    if (leftMs <= 0 || leftMs < refreshAheadMs) this.#load(key, loaded, options);
    return value;
  }

  delete(key: unknown): boolean {
    const entry = this.#find(key);
    if (entry === undefined) return false;
    const reason = this.#reason(entry, "explicit");
    this.#remove(entry, reason);
    return reason === "explicit";
  }

  deleteTag(tag: string): number {
    const tagged = this.entries.filter(({ tags }) => tags.includes(tag));
    const deleted = tagged.filter((entry) => this.#isFresh(entry)).length;
    for (const entry of tagged) this.#remove(entry, this.#reason(entry, "explicit"));
    return deleted;
  }

  clear(): void {
    for (const entry of this.entries) this.#remove(entry, this.#reason(entry, "explicit"));
  }

  resize(maxSize: number, maxWeight: number): void {
    this.maxSize = maxSize;
    this.maxWeight = maxWeight;
    this.#evictSurplus();
  }

  load(dump: CacheDump<unknown, unknown>, passedMs: number): void {
    for (const { key, value, ttlMs = Number.POSITIVE_INFINITY, tags = [] } of dump.entries)
      if (ttlMs > passedMs) this.set(key, value, { ttlMs: ttlMs - passedMs, tags });
  }

  /** An entry was removed by age. @returns it, or `undefined` when there was none whose time is over */
  leave(key: unknown, at: number): ModelEntry | undefined {
    const entry = this.#find(key);
    if (entry === undefined || entry.keptUntil > at) return undefined;
    this.expirations++;
    this.#remove(entry, "expired");
    return entry;
  }

  #load(key: unknown, loaded: unknown, options: LoadOptions): void {
    this.loads++;
    if (loaded !== undefined) this.set(key, loaded, options);
  }

  #find(key: unknown): ModelEntry | undefined {
    return this.entries.find((entry) => sameValueZero(entry.key, key));
  }

  #isFresh({ freshUntil }: ModelEntry): boolean {
    return freshUntil > this.#options.now();
  }

  /** Why an entry leaves: its time may have been over before. */
  #reason(entry: ModelEntry, reason: EvictionReason): EvictionReason {
    if (this.#isFresh(entry)) return reason;
    this.expirations++;
    return "expired";
  }

  #use(entry: ModelEntry): void {
    this.#moveToFront(entry);
    if (!this.#options.sliding) return;
    const staleMs = entry.keptUntil - entry.freshUntil;
    entry.freshUntil = this.#options.now() + entry.ttlMs;
    entry.keptUntil = entry.ttlMs === Number.POSITIVE_INFINITY ? entry.ttlMs : entry.freshUntil + staleMs;
  }

  #moveToFront(entry: ModelEntry): void {
    this.entries = [entry, ...this.entries.filter((each) => each !== entry)];
  }

  #remove(entry: ModelEntry, reason: EvictionReason): void {
    this.entries = this.entries.filter((each) => each !== entry);
    this.evicted.push([entry.key, entry.value, reason]);
  }

  #evictSurplus(): void {
    while (this.size > this.maxSize || this.weight > this.maxWeight) {
      const evicted = this.evicted.filter(([, , reason]) => reason === "size").length;
      const victim = this.victims === undefined ? this.entries.at(-1) : this.#find(this.victims(evicted));
      if (victim === undefined) throw new Error("too much is held, and nothing more was evicted");
      this.evictions++;
      this.#remove(victim, "size");
    }
  }
}
