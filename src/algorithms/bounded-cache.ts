import { type Clock, systemClock } from "../clock.ts";
import { callable, durationMs, knownKeys } from "../options.ts";
import type {
  Cache,
  CacheBounds,
  CacheDump,
  CacheOptions,
  CacheStats,
  EntryOptions,
  EvictionPolicy,
  EvictionReason,
  Loader,
  LoadOptions,
  Slot,
} from "./cache.ts";
import {
  checkBounds,
  checkDump,
  checkEntryOptions,
  checkLoadOptions,
  checkWeight,
  type StoreOptions,
} from "./cache-checks.ts";
import { type CacheKind, cacheOptions } from "./cache-kind.ts";
import { CacheLoads } from "./cache-loads.ts";
import { EntryTable } from "./entry-table.ts";
import { type ExpiringEntries, Expiry } from "./expiry.ts";
import { TagIndex } from "./tag-index.ts";

const noOptions: LoadOptions = Object.freeze({});

/**
 * All that the caches have in common: `LruCache`, `AdaptiveCache` and `TimedCache` differ in what they evict, and in
 * their defaults. Expiry, weights, tags and loads cost nothing until they are used.
 */
export class BoundedCache<K, V> implements Cache<K, V> {
  #table!: EntryTable<K, V>;
  #policy!: EvictionPolicy;
  readonly #kind: CacheKind<K>;
  readonly #onEvict: ((key: K, value: V, reason: EvictionReason) => void) | undefined;
  readonly #weigh: ((key: K, value: V) => number) | undefined;
  readonly #ttlMs: number;
  readonly #clock: Clock | undefined;
  readonly #sliding: boolean;
  #maxSize!: number;
  #maxWeight!: number;
  #weights: Float64Array | undefined;
  #weight = 0;
  #expiry: Expiry | undefined;
  #tags: TagIndex | undefined;
  #loads: CacheLoads<K, V> | undefined;
  readonly #expiring: ExpiringEntries;
  /** What `onEvict` is still to be told. */
  #gone: [key: K, value: V, reason: EvictionReason][] = [];
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #expirations = 0;
  #staleHits = 0;

  constructor(kind: CacheKind<K>, options: CacheOptions<K, V>) {
    knownKeys(kind.name, options, [...cacheOptions, ...(kind.options ?? [])]);
    const { weigh, onEvict, ttlMs = Number.POSITIVE_INFINITY, clock } = options;
    if (onEvict !== undefined) callable("onEvict", onEvict);
    if (weigh !== undefined) callable("weigh", weigh);
    this.#kind = kind;
    this.#onEvict = onEvict;
    this.#weigh = weigh;
    this.#ttlMs = durationMs("ttlMs", ttlMs);
    this.#clock = clock;
    this.#sliding = kind.sliding === true;
    this.#expiring = {
      expire: (slot) => {
        this.#expirations++;
        this.#remove(slot, "expired");
      },
      done: () => {
        // Only anew do the arrays become small.
        if (this.#table.size === 0) this.#empty();
        this.#tellGone();
      },
    };
    this.#setBounds(options);
    this.#empty();
  }

  get size(): number {
    return this.#table.size;
  }

  get weight(): number {
    return this.#weigh === undefined ? this.#table.size : this.#weight;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  get maxWeight(): number {
    return this.#maxWeight;
  }

  get(key: K): V | undefined {
    return this.#take(this.#freshSlot(key));
  }

  /** As `get`, for who has just looked at the cache's clock. @param nowMs what that says, milliseconds */
  getAt(key: K, nowMs: number): V | undefined {
    const slot = this.#table.find(key);
    return this.#take(this.#expiry === undefined || this.#expiry.isFreshAt(slot, nowMs) ? slot : 0, nowMs);
  }

  peek(key: K): V | undefined {
    const slot = this.#freshSlot(key);
    return slot === 0 ? undefined : this.#table.valueOf(slot);
  }

  has(key: K): boolean {
    return this.#freshSlot(key) !== 0;
  }

  set(key: K, value: V, options?: EntryOptions): this {
    this.#store(key, value, options, true);
    return this;
  }

  getOrLoad(key: K, loader: Loader<K, V>, options: LoadOptions = noOptions): Promise<V> {
    try {
      callable("loader", loader);
      if (options !== noOptions) checkLoadOptions(options);
      options.signal?.throwIfAborted();
    } catch (error) {
      return Promise.reject(error);
    }
    this.#loads ??= new CacheLoads(
      (k, v, entry) => this.#store(k, v, entry, false),
      this.#clock ?? systemClock,
    );
    const loads = this.#loads;
    const slot = this.#table.find(key);
    const leftMs = slot === 0 ? 0 : (this.#expiry?.leftMs(slot) ?? Number.POSITIVE_INFINITY);
    const { staleMs = 0, refreshAheadMs = 0 } = options;
    if (slot === 0 || leftMs + staleMs <= 0 || (leftMs <= 0 && !this.#expiry!.isKept(slot))) {
      this.#misses++;
      return loads.run(key, loader, options);
    }
    const value = this.#table.valueOf(slot);
    if (leftMs > 0) {
      this.#hits++;
      this.#use(slot);
    } else {
      this.#staleHits++;
      this.#policy.used(slot);
    }
    if (leftMs <= 0 || leftMs < refreshAheadMs) loads.refresh(key, loader, options);
    return Promise.resolve(value);
  }

  delete(key: K): boolean {
    this.#loads?.supersede(key);
    const slot = this.#table.find(key);
    if (slot === 0) return false;
    const reason = this.#reason(slot, "explicit");
    this.#remove(slot, reason);
    this.#tellGone();
    return reason === "explicit";
  }

  deleteTag(tag: string): number {
    this.#loads?.supersedeTag(tag);
    let deleted = 0;
    for (const slot of this.#tags?.slotsOf(tag) ?? []) {
      const reason = this.#reason(slot, "explicit");
      if (reason === "explicit") deleted++;
      this.#remove(slot, reason);
    }
    this.#tellGone();
    return deleted;
  }

  clear(): void {
    this.#loads?.supersedeAll();
    if (this.#onEvict !== undefined || this.#expiry !== undefined)
      for (const slot of this.#policy.slots()) this.#noteGone(slot, this.#reason(slot, "explicit"));
    this.#empty();
    this.#tellGone();
  }

  resize(bounds: number | CacheBounds): void {
    const { maxWeight } = this;
    if (typeof bounds !== "number") {
      knownKeys("resize", bounds, ["maxSize", "maxWeight"]);
      this.#setBounds(bounds);
    } else this.#setBounds({ maxSize: bounds, ...(maxWeight !== Number.POSITIVE_INFINITY && { maxWeight }) });
    this.#policy.resized();
    this.#evictSurplus();
    this.#tellGone();
  }

  cleanupExpired(): number {
    const before = this.#expirations;
    this.#expiry?.removeExpired();
    return this.#expirations - before;
  }

  dump(): CacheDump<K, V> {
    const entries = [...this.#freshSlots()].reverse().map((slot) => {
      const ttlMs = this.#expiry?.leftMs(slot) ?? Number.POSITIVE_INFINITY;
      const tags = this.#tags?.tagsOf(slot) ?? [];
      return {
        key: this.#table.keyOf(slot),
        value: this.#table.valueOf(slot),
        ...(ttlMs !== Number.POSITIVE_INFINITY && { ttlMs }),
        ...(tags.length > 0 && { tags }),
      };
    });
    return { version: 1, at: Date.now(), entries };
  }

  load(dump: CacheDump<K, V>): void {
    checkDump(dump);
    const passedMs = Math.max(0, Date.now() - dump.at);
    for (const { key, value, ttlMs = Number.POSITIVE_INFINITY, tags } of dump.entries)
      if (ttlMs > passedMs) this.set(key, value, { ttlMs: ttlMs - passedMs, tags });
  }

  stats(): CacheStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      expirations: this.#expirations,
      loads: this.#loads?.started ?? 0,
      loadFailures: this.#loads?.failed ?? 0,
      coalesced: this.#loads?.coalesced ?? 0,
      staleHits: this.#staleHits,
      discardedLoads: this.#loads?.discarded ?? 0,
      size: this.size,
      weight: this.weight,
    };
  }

  /** Keys and values as they are when the iteration begins, last what would be evicted first. Reading them is no use. */
  *[Symbol.iterator](): IterableIterator<[K, V]> {
    const table = this.#table;
    yield* Array.from(this.#freshSlots(), (slot): [K, V] => [table.keyOf(slot), table.valueOf(slot)]);
  }

  /** @param supersedes whether a load of that key that is under way is old now */
  #store(key: K, value: V, options: StoreOptions | undefined, supersedes: boolean): void {
    if (value === undefined)
      throw new TypeError("value: undefined means absent and can't be stored; use delete, or store null");
    // The caller's code runs first, and whatever is wrong shows before anything changes.
    const weight = this.#weigh === undefined ? 1 : checkWeight(this.#weigh(key, value));
    let ttlMs = this.#ttlMs;
    let staleMs = 0;
    let tags: readonly string[] | undefined;
    if (options !== undefined) {
      if (supersedes) checkEntryOptions(options);
      ttlMs = options.ttlMs ?? ttlMs;
      staleMs = options.staleMs ?? 0;
      if (options.tags !== undefined) tags = [...new Set(options.tags)];
    }
    if (supersedes && this.#loads !== undefined) this.#loads.supersede(key);
    const table = this.#table;
    let slot = table.findAgain(key);
    if (weight > this.#maxWeight || ttlMs === 0) {
      if (slot !== 0) this.#remove(slot, this.#reason(slot, "replaced"));
      if (this.#onEvict !== undefined) this.#gone.push([key, value, ttlMs === 0 ? "expired" : "size"]);
      this.#tellGone();
      return;
    }
    let former: V | undefined;
    if (slot !== 0) {
      former = table.valueOf(slot);
      table.setValue(slot, value);
      this.#policy.used(slot);
    } else {
      slot = table.insert(key, value, this.#maxSize + 1);
      this.#policy.added(slot);
    }
    if (this.#weigh !== undefined) this.#setWeight(slot, weight);
    if (ttlMs !== Number.POSITIVE_INFINITY && this.#expiry === undefined)
      this.#expiry = new Expiry(this.#expiring, table.lastSlot, this.#clock, this.#sliding);
    let reason: EvictionReason = "replaced";
    if (this.#expiry?.start(slot, ttlMs, staleMs)) {
      this.#expirations++;
      reason = "expired";
    }
    if (former !== undefined && this.#onEvict !== undefined && (former !== value || reason === "expired"))
      this.#gone.push([table.keyOf(slot), former, reason]);
    if (tags !== undefined && this.#tags === undefined) this.#tags = new TagIndex();
    if (this.#tags !== undefined) this.#tags.set(slot, tags ?? []);
    if (table.size > this.#maxSize || this.#weight > this.#maxWeight) this.#evictSurplus();
    if (this.#gone.length > 0) this.#tellGone();
  }

  /** @param slot 0 when absent or expired */
  #take(slot: Slot, nowMs?: number): V | undefined {
    if (slot === 0) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    this.#use(slot, nowMs);
    return this.#table.valueOf(slot);
  }

  #use(slot: Slot, nowMs?: number): void {
    this.#policy.used(slot);
    if (this.#sliding) this.#expiry?.slide(slot, nowMs);
  }

  /** @returns 0 when absent or expired */
  #freshSlot(key: K): Slot {
    const slot = this.#table.find(key);
    return slot === 0 || this.#expiry === undefined || this.#expiry.isFresh(slot) ? slot : 0;
  }

  *#freshSlots(): Iterable<Slot> {
    for (const slot of this.#policy.slots())
      if (this.#expiry === undefined || this.#expiry.isFresh(slot)) yield slot;
  }

  #evictSurplus(): void {
    while (this.#table.size > this.#maxSize || (this.#weight > this.#maxWeight && this.#table.size > 0)) {
      this.#evictions++;
      this.#remove(this.#policy.victim(), "size");
    }
  }

  /** @returns why a slot's entry leaves now: its time may have been over before */
  #reason(slot: Slot, reason: EvictionReason): EvictionReason {
    if (this.#expiry === undefined || this.#expiry.isFresh(slot)) return reason;
    this.#expirations++;
    return "expired";
  }

  #noteGone(slot: Slot, reason: EvictionReason): void {
    if (this.#onEvict !== undefined)
      this.#gone.push([this.#table.keyOf(slot), this.#table.valueOf(slot), reason]);
  }

  #remove(slot: Slot, reason: EvictionReason): void {
    const table = this.#table;
    if (this.#onEvict !== undefined) this.#noteGone(slot, reason);
    if (this.#weigh !== undefined) this.#setWeight(slot, 0);
    if (this.#expiry !== undefined) this.#expiry.stop(slot);
    if (this.#tags !== undefined) this.#tags.remove(slot);
    this.#policy.removed(slot);
    table.remove(slot);
    // Sums of fractions don't come back to 0 by themselves.
    if (table.size === 0) this.#weight = 0;
  }

  #tellGone(): void {
    const gone = this.#gone;
    if (gone.length === 0) return;
    this.#gone = [];
    const failures: unknown[] = [];
    for (const [key, value, reason] of gone)
      try {
        this.#onEvict!(key, value, reason);
      } catch (error) {
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  }

  #setWeight(slot: Slot, weight: number): void {
    this.#weights ??= new Float64Array(this.#table.lastSlot + 1);
    this.#weight += weight - this.#weights[slot]!;
    this.#weights[slot] = weight;
  }

  #setBounds(bounds: CacheBounds): void {
    ({ maxSize: this.#maxSize, maxWeight: this.#maxWeight } = checkBounds(bounds, this.#weigh !== undefined));
  }

  #empty(): void {
    this.#expiry?.close();
    this.#expiry = undefined;
    this.#tags = undefined;
    this.#weights = undefined;
    this.#weight = 0;
    const { lists = 1, hashOther, remembers, policy } = this.#kind;
    this.#table = new EntryTable(lists, (lastSlot) => this.#grown(lastSlot), hashOther, remembers);
    this.#policy = policy(this.#table as EntryTable<unknown, unknown>);
  }

  #grown(lastSlot: number): void {
    this.#policy.grown(lastSlot);
    this.#expiry?.grow(lastSlot);
    if (this.#weights !== undefined) {
      const grown = new Float64Array(lastSlot + 1);
      grown.set(this.#weights);
      this.#weights = grown;
    }
  }
}
