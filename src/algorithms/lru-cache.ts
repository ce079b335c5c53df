import { integer, knownKeys } from "../options.ts";
import { LruList, LruNode } from "./lru-list.ts";

/** Why an entry left: to make room, because its key was set anew, or because a caller removed it. */
export type EvictionReason = "size" | "replaced" | "explicit";

export interface LruCacheOptions<K, V> {
  /** Entries kept at most; an integer ≥ 1. */
  readonly maxSize: number;
  /**
   * Told of every entry that leaves, after it has left. It may use the cache; what it throws reaches whoever
   * caused the eviction.
   * @default nobody is told
   */
  readonly onEvict?: (key: K, value: V, reason: EvictionReason) => void;
}

export interface LruCacheStats {
  /** `get`s that found their key. */
  readonly hits: number;
  readonly misses: number;
  /** Entries that left to make room; replaced and removed ones don't count. */
  readonly evictions: number;
  readonly size: number;
}

class Entry<K, V> extends LruNode {
  key: K;
  value: V;
  constructor(key: K, value: V) {
    super();
    this.key = key;
    this.value = value;
  }
}

/**
 * A cache of bounded size that drops what has not been used for longest (exact LRU).
 * Keys are compared as `Map` does. `undefined` alone means absent and can't be stored; `null`, `0`, `""`, `false`
 * and `NaN` are values like any other.
 */
export class LruCache<K, V> {
  readonly #entries = new Map<K, Entry<K, V>>();
  readonly #order = new LruList<Entry<K, V>>();
  readonly #onEvict: ((key: K, value: V, reason: EvictionReason) => void) | undefined;
  #maxSize: number;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  /** @throws {RangeError} when `maxSize` is no integer ≥ 1 */
  constructor(options: LruCacheOptions<K, V>) {
    knownKeys("LruCache", options, ["maxSize", "onEvict"]);
    this.#maxSize = integer("maxSize", options.maxSize, 1);
    if (options.onEvict !== undefined && typeof options.onEvict !== "function")
      throw new TypeError("onEvict: expected a function");
    this.#onEvict = options.onEvict;
  }

  get size(): number {
    return this.#entries.size;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  /** @returns the value, which becomes the most recently used; `undefined` when absent */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    this.#order.touch(entry);
    return entry.value;
  }

  /** As `get`, but neither counted nor a use. */
  peek(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Is there a value? Not a use. */
  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /**
   * Stores `value` as the most recently used one.
   * @throws {TypeError} when `value` is `undefined`
   */
  set(key: K, value: V): this {
    if (value === undefined)
      throw new TypeError("value: undefined means absent and can't be stored; use delete, or store null");
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      const former = entry.value;
      entry.value = value;
      this.#order.touch(entry);
      if (former !== value) this.#onEvict?.(key, former, "replaced");
      return this;
    }
    const added = new Entry(key, value);
    this.#entries.set(key, added);
    this.#order.touch(added);
    if (this.#entries.size > this.#maxSize) this.#evictOldest();
    return this;
  }

  /** @returns whether there was such a key */
  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#remove(entry);
    this.#onEvict?.(key, entry.value, "explicit");
    return true;
  }

  /** Removes everything; the counts of `stats()` stay. */
  clear(): void {
    const gone = this.#onEvict && [...this.#order];
    this.#entries.clear();
    // Without taking the nodes out one by one, an old node would still point into the list.
    for (let entry = this.#order.oldest; entry !== undefined; entry = this.#order.oldest)
      this.#order.remove(entry);
    for (const entry of gone ?? []) this.#onEvict?.(entry.key, entry.value, "explicit");
  }

  /**
   * Changes the bound; surplus entries leave, the least recently used first.
   * @throws {RangeError} when `maxSize` is no integer ≥ 1
   */
  resize(maxSize: number): void {
    this.#maxSize = integer("maxSize", maxSize, 1);
    while (this.#entries.size > this.#maxSize) this.#evictOldest();
  }

  stats(): LruCacheStats {
    return { hits: this.#hits, misses: this.#misses, evictions: this.#evictions, size: this.size };
  }

  /** Keys and values, the most recently used first. Reading them is no use. */
  *[Symbol.iterator](): IterableIterator<[K, V]> {
    for (const entry of this.#order) yield [entry.key, entry.value];
  }

  #evictOldest(): void {
    const entry = this.#order.oldest!;
    this.#remove(entry);
    this.#evictions++;
    this.#onEvict?.(entry.key, entry.value, "size");
  }

  #remove(entry: Entry<K, V>): void {
    this.#entries.delete(entry.key);
    this.#order.remove(entry);
  }
}
