import { LruList, LruNode } from "../../algorithms/lru-list.ts";
import { durationMs, integer, knownKeys } from "../../options.ts";
import type { KeyPart, SelectionKey, TakenKey } from "./selection-key.ts";

/** Bounds of one cache; whichever is reached first counts. */
export interface SelectionCacheOptions {
  /** Entries, ≥ 0; 0 switches the cache off. */
  readonly maxEntries?: number;
  /** Bytes of keys and results, as estimated (see `SelectionCacheStats.bytes`), ≥ 0. */
  readonly maxBytes?: number;
  /** Milliseconds until an entry expires, ≥ 0; `Infinity` for never. */
  readonly ttlMs?: number;
}

export type SelectionCacheBounds = Required<SelectionCacheOptions>;

/** What one cache did, since it was made. */
export interface SelectionCacheStats {
  readonly hits: number;
  /** Look-ups that found nothing, `expirations` and `outdated` included. */
  readonly misses: number;
  /** hits / (hits + misses); 0 before the first look-up. */
  readonly hitRate: number;
  /** Entries that left to make room. */
  readonly evictions: number;
  /** Entries found too old. */
  readonly expirations: number;
  /** Entries found older than the feedback that a cached result may lag behind. */
  readonly outdated: number;
  /** Entries removed by a change of the catalogue, by key or by namespace. */
  readonly invalidations: number;
  /** Results that were not kept, for being larger than an eighth of `maxBytes`. */
  readonly refused: number;
  readonly entries: number;
  /** Bytes held: texts of the keys, results, and the structure around them; an estimate from lengths, rather too high. */
  readonly bytes: number;
  /** Time that the hits' results took to make, less what the hits took, in milliseconds. */
  readonly latencySavedMs: number;
}

/** What goes with a result into the cache. */
export interface StoredAs {
  /** Milliseconds that it took to make. */
  readonly costMs: number;
  /** Bytes of the result itself. */
  readonly bytes: number;
  /** Time, in milliseconds of the caller's clock. */
  readonly now: number;
  /** Outcomes recorded until it was made. */
  readonly learned: number;
}

/** An entry's node, its list of parts, and its place in the table. */
const entryBytes = 240;
const partBytes = 24;
/** More entries of one hash than this are somebody's doing: the oldest of them gives way. */
const longestChain = 16;

/** A result that is kept. */
export class CachedSelection<V> extends LruNode {
  next: CachedSelection<V> | undefined = undefined;
  readonly hash: number;
  readonly parts: readonly KeyPart[];
  readonly value: V;
  readonly costMs: number;
  readonly expiresAt: number;
  readonly learned: number;
  readonly bytes: number;
  constructor(key: TakenKey, value: V, as: StoredAs, expiresAt: number, bytes: number) {
    super();
    this.hash = key.hash;
    this.parts = key.parts;
    this.value = value;
    this.costMs = as.costMs;
    this.expiresAt = expiresAt;
    this.learned = as.learned;
    this.bytes = bytes;
  }
}

/** @throws {TypeError | RangeError} naming the wrong option */
export function resolveBounds(
  name: string,
  given: SelectionCacheOptions,
  defaults: SelectionCacheBounds,
): SelectionCacheBounds {
  knownKeys(name, given, ["maxEntries", "maxBytes", "ttlMs"]);
  const { maxEntries = defaults.maxEntries, maxBytes = defaults.maxBytes, ttlMs = defaults.ttlMs } = given;
  return {
    maxEntries: integer(`${name}.maxEntries`, maxEntries, 0, 2 ** 24),
    maxBytes: integer(`${name}.maxBytes`, maxBytes, 0),
    ttlMs: durationMs(`${name}.ttlMs`, ttlMs),
  };
}

/**
 * Results by `SelectionKey`, bounded by entries and by bytes; what was used longest ago leaves first. An entry is served
 * only when every part of its key is equal, until its time is over, and until more than `lag` outcomes were recorded
 * after it. It belongs to one thread.
 */
export class SelectionCache<V> {
  readonly #bounds: SelectionCacheBounds;
  readonly #table = new Map<number, CachedSelection<V>>();
  readonly #order = new LruList<CachedSelection<V>>();
  #entries = 0;
  #bytes = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #expirations = 0;
  #outdated = 0;
  #invalidations = 0;
  #refused = 0;
  #savedMs = 0;

  constructor(bounds: SelectionCacheBounds) {
    this.#bounds = bounds;
  }

  /** Whether it keeps anything at all. */
  get enabled(): boolean {
    return this.#bounds.maxEntries > 0 && this.#bounds.maxBytes > 0 && this.#bounds.ttlMs > 0;
  }

  /** @param learned outcomes recorded by now @param lag outcomes that a result may be behind */
  get(key: SelectionKey, now: number, learned: number, lag: number): CachedSelection<V> | undefined {
    let entry = this.#table.get(key.hash);
    while (entry !== undefined && !key.equals(entry.parts)) entry = entry.next;
    if (entry === undefined) {
      this.#misses++;
      return undefined;
    }
    if (now < entry.expiresAt && learned - entry.learned <= lag) {
      this.#hits++;
      this.#order.touch(entry);
      return entry;
    }
    if (now < entry.expiresAt) this.#outdated++;
    else this.#expirations++;
    this.#misses++;
    this.#remove(entry);
    return undefined;
  }

  /** Counts what a hit saved. */
  saved(costMs: number, hitMs: number): void {
    if (costMs > hitMs) this.#savedMs += costMs - hitMs;
  }

  /** @returns the entry; `undefined` when it isn't kept */
  set(key: TakenKey, value: V, as: StoredAs): CachedSelection<V> | undefined {
    if (!this.enabled) return undefined;
    // Two bytes a character: whether V8 keeps one costs more to find out than it's worth.
    const bytes = entryBytes + key.parts.length * partBytes + 2 * key.units + as.bytes;
    if (bytes > this.#bounds.maxBytes / 8) {
      this.#refused++;
      return undefined;
    }
    this.#removeSame(key);
    const entry = new CachedSelection(key, value, as, as.now + this.#bounds.ttlMs, bytes);
    entry.next = this.#table.get(key.hash);
    this.#table.set(key.hash, entry);
    this.#order.touch(entry);
    this.#entries++;
    this.#bytes += bytes;
    if (entry.next !== undefined) this.#shorten(entry);
    while (this.#entries > this.#bounds.maxEntries || this.#bytes > this.#bounds.maxBytes) {
      this.#evictions++;
      this.#remove(this.#order.oldest as CachedSelection<V>);
    }
    return entry;
  }

  /** Removes what is stored under keys of a hash: one, seldom more, which then costs a hit. @returns how many */
  deleteHash(hash: number): number {
    let removed = 0;
    for (let entry = this.#table.get(hash); entry !== undefined; entry = this.#table.get(hash)) {
      this.#remove(entry);
      removed++;
    }
    this.#invalidations += removed;
    return removed;
  }

  /** Removes every entry whose parts match. @returns how many */
  deleteWhere(matches: (parts: readonly KeyPart[]) => boolean): number {
    let removed = 0;
    for (const entry of this.#order) {
      if (!matches(entry.parts)) continue;
      this.#remove(entry);
      removed++;
    }
    this.#invalidations += removed;
    return removed;
  }

  /** Removes everything. @returns how many entries */
  clear(): number {
    return this.deleteWhere(() => true);
  }

  stats(): SelectionCacheStats {
    const looked = this.#hits + this.#misses;
    return {
      hits: this.#hits,
      misses: this.#misses,
      hitRate: looked === 0 ? 0 : this.#hits / looked,
      evictions: this.#evictions,
      expirations: this.#expirations,
      outdated: this.#outdated,
      invalidations: this.#invalidations,
      refused: this.#refused,
      entries: this.#entries,
      bytes: this.#bytes,
      latencySavedMs: this.#savedMs,
    };
  }

  #removeSame({ hash, parts }: TakenKey): void {
    let entry = this.#table.get(hash);
    while (entry !== undefined && !sameParts(entry.parts, parts)) entry = entry.next;
    if (entry !== undefined) this.#remove(entry);
  }

  #shorten(first: CachedSelection<V>): void {
    let last = first;
    let length = 1;
    for (; last.next !== undefined; last = last.next) length++;
    if (length <= longestChain) return;
    this.#evictions++;
    this.#remove(last);
  }

  #remove(entry: CachedSelection<V>): void {
    const first = this.#table.get(entry.hash);
    if (first === entry) {
      if (entry.next === undefined) this.#table.delete(entry.hash);
      else this.#table.set(entry.hash, entry.next);
    } else {
      let before = first as CachedSelection<V>;
      while (before.next !== entry) before = before.next as CachedSelection<V>;
      before.next = entry.next;
    }
    this.#order.remove(entry);
    this.#entries--;
    this.#bytes -= entry.bytes;
  }
}

function sameParts(a: readonly KeyPart[], b: readonly KeyPart[]): boolean {
  return a.length === b.length && a.every((part, i) => part === b[i]);
}
