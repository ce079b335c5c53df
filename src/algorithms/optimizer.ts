import { ClosedError, NameTakenError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { rejectType } from "../options.ts";
import { AdaptiveCache } from "./adaptive-cache.ts";
import { AsyncLazy } from "./async-lazy.ts";
import { type BloomFilter, type BloomFilterOptions, createBloomFilter } from "./bloom-filter.ts";
import type { BoundedCache } from "./bounded-cache.ts";
import type { Cache, CacheOptions } from "./cache.ts";
import { type CacheSummaries, cacheSamples, summarized, summed } from "./cache-summary.ts";
import { type FilterSummary, filterSamples, filterSummary } from "./filter-summary.ts";
import { Lazy, LazyCounters, type LazyOptions } from "./lazy.ts";
import { LruCache } from "./lru-cache.ts";
import type { MemoCounters } from "./memo.ts";
import { type MemoizeDecorator, type Memoized, type MemoizeOptions, memoize } from "./memoize.ts";
import { checkMemoizeCall } from "./memoize-checks.ts";
import { TimedCache, type TimedCacheOptions } from "./timed-cache.ts";

/** What laziness saved: "lazy evaluation saved `saved` of `created` computations". */
export type LazyStats = Readonly<
  Pick<LazyCounters, "created" | "computed" | "served" | "failures" | "saved">
>;

/** What memoization saved. */
export interface MemoizeStats {
  /** Calls that did not run their function. */
  readonly hits: number;
  readonly misses: number;
  /** hits / (hits + misses), 0–1; 0 before the first call. */
  readonly hitRate: number;
}

/**
 * One place for an application's caches, filters, lazy values and memoized functions, and for what they saved.
 *
 * ```ts
 * const optimizer = new AlgorithmOptimizer();
 * const users = optimizer.createLruCache<string, User>("users", { maxSize: 1000 });
 * const area = optimizer.memoize((width: number, height: number) => width * height, { maxSize: 100 });
 * ```
 * Named caches and filters are held until they are removed; lazy values and memoized functions are counted, not held.
 * It is a source of metrics, which costs nothing until they are collected: `registry.register(optimizer)`.
 */
export class AlgorithmOptimizer implements MetricSource, Disposable {
  readonly name = "algorithms";
  // biome-ignore lint/suspicious/noExplicitAny: each cache has types of its own
  readonly #caches = new Map<string, BoundedCache<any, any>>();
  readonly #filters = new Map<string, BloomFilter>();
  readonly #lazy = new LazyCounters();
  readonly #memoized: MemoCounters = { hits: 0, misses: 0 };
  #closed = false;

  /**
   * Drops what has not been used for longest.
   * @throws {NameTakenError} when there is a cache of that name
   * @throws {RangeError | TypeError} on a wrong name or option, {ClosedError} after `close`
   */
  createLruCache<K, V>(name: string, options: CacheOptions<K, V>): LruCache<K, V> {
    return this.#addCache(name, () => new LruCache<K, V>(options));
  }

  /** Entries expire after `ttlMs`, and are gone then without being read. @throws as `createLruCache` */
  createTimedCache<K, V>(name: string, options: TimedCacheOptions<K, V>): TimedCache<K, V> {
    return this.#addCache(name, () => new TimedCache<K, V>(options));
  }

  /** Learns from its traffic what to keep. @throws as `createLruCache` */
  createAdaptiveCache<K, V>(name: string, options: CacheOptions<K, V>): AdaptiveCache<K, V> {
    return this.#addCache(name, () => new AdaptiveCache<K, V>(options));
  }

  /** @returns `undefined` when there is none of that name; keys and values are what its maker said */
  getCache<K = unknown, V = unknown>(name: string): Cache<K, V> | undefined {
    return this.#caches.get(name);
  }

  /** Empties a cache and forgets it, so that its name is free. @returns whether there was one */
  removeCache(name: string): boolean {
    const cache = this.#caches.get(name);
    this.#caches.delete(name);
    cache?.clear();
    return cache !== undefined;
  }

  /**
   * A set that errs at a known rate, and then only by taking a stranger for a member. One without a name belongs to its
   * maker alone: it is neither held nor counted here.
   * @throws {NameTakenError} when there is a filter of that name
   * @throws {RangeError | TypeError} on a wrong name or option, {ClosedError} after `close`
   */
  createBloomFilter(options: BloomFilterOptions): BloomFilter;
  createBloomFilter(name: string, options: BloomFilterOptions): BloomFilter;
  createBloomFilter(...given: [BloomFilterOptions] | [string, BloomFilterOptions]): BloomFilter {
    this.#open();
    if (given.length === 1 && typeof given[0] !== "string") return createBloomFilter(given[0]);
    const [name, options] = given as [string, BloomFilterOptions];
    checkName(name);
    if (this.#filters.has(name)) throw new NameTakenError("filter", name);
    const filter = createBloomFilter(options);
    this.#filters.set(name, filter);
    return filter;
  }

  /** @returns `undefined` when there is none of that name */
  getBloomFilter(name: string): BloomFilter | undefined {
    return this.#filters.get(name);
  }

  /** Forgets a filter, so that its name is free. @returns whether there was one */
  removeBloomFilter(name: string): boolean {
    return this.#filters.delete(name);
  }

  /** A value computed when it is first asked for. @throws as `Lazy`, {ClosedError} after `close` */
  lazy<T>(compute: () => T, options: Omit<LazyOptions, "counters"> = {}): Lazy<T> {
    this.#open();
    return new Lazy(compute, counted(options, this.#lazy));
  }

  /** A value that takes its time, begun when it is first asked for. @throws as `AsyncLazy`, {ClosedError} after `close` */
  lazyAsync<T>(compute: () => T | PromiseLike<T>, options: Omit<LazyOptions, "counters"> = {}): AsyncLazy<T> {
    this.#open();
    return new AsyncLazy(compute, counted(options, this.#lazy));
  }

  /**
   * Keeps a function's results by its arguments, as a wrapper or as a decorator of a method.
   * @throws as the function `memoize`, {ClosedError} after `close`
   * @example const area = optimizer.memoize((width: number, height: number) => width * height);
   * @example class Shape { @optimizer.memoize({ maxSize: 100 }) area(scale: number) { … } }
   */
  // biome-ignore lint/suspicious/noExplicitAny: only `any` takes functions of every kind of argument
  memoize<F extends (...args: any[]) => unknown>(
    fn: F,
    options?: Omit<MemoizeOptions<Parameters<F>>, "counters">,
  ): Memoized<F>;
  memoize(): MemoizeDecorator;
  memoize<Args extends readonly unknown[] = never>(
    options: Omit<MemoizeOptions<Args>, "counters">,
  ): MemoizeDecorator<Args>;
  memoize(
    ...given: [
      first?: ((...args: unknown[]) => unknown) | Omit<MemoizeOptions<unknown[]>, "counters">,
      options?: Omit<MemoizeOptions<unknown[]>, "counters">,
    ]
  ): unknown {
    this.#open();
    checkMemoizeCall(given);
    const [first = {}, options = {}] = given;
    const counters = this.#memoized;
    return typeof first === "function"
      ? memoize(first, counted(options, counters))
      : memoize(counted(first, counters));
  }

  /** Each named cache, and all of them together. */
  getCacheStats(): CacheSummaries {
    const stats = Array.from(this.#caches, ([name, cache]) => [name, cache.stats()] as const);
    return {
      total: summed(stats.map(([, all]) => all)),
      caches: Object.fromEntries(stats.map(([name, all]) => [name, summarized(all)])),
    };
  }

  /** Each named filter; counts its bits, which takes about a millisecond for two million items. */
  getFilterStats(): Readonly<Record<string, FilterSummary>> {
    return Object.fromEntries(Array.from(this.#filters, ([name, filter]) => [name, filterSummary(filter)]));
  }

  getLazyStats(): LazyStats {
    const { created, computed, served, failures, saved } = this.#lazy;
    return { created, computed, served, failures, saved };
  }

  /** Of all functions and methods together. */
  getMemoizeStats(): MemoizeStats {
    const { hits, misses } = this.#memoized;
    return { hits, misses, hitRate: hits + misses === 0 ? 0 : hits / (hits + misses) };
  }

  /** Removes expired entries from every named cache now, which happens by itself too. @returns how many */
  cleanupAllCaches(): number {
    let removed = 0;
    this.#forEachCache((cache) => {
      removed += cache.cleanupExpired();
    });
    return removed;
  }

  /** Empties every named cache; the counts stay. Memoized functions have a `cacheClear` of their own. */
  clearAllCaches(): void {
    this.#forEachCache((cache) => cache.clear());
  }

  *collect(): Iterable<MetricSample> {
    for (const [name, cache] of this.#caches) yield* cacheSamples(name, cache.stats());
    for (const [name, filter] of this.#filters) yield* filterSamples(name, filterSummary(filter));
    yield ownCounter(
      "lazy.created",
      "Computations put off until asked for",
      "{computation}",
      this.#lazy.created,
    );
    yield ownCounter(
      "lazy.computed",
      "Computations put off and asked for",
      "{computation}",
      this.#lazy.computed,
    );
    yield ownCounter("memoize.hits", "Calls that did not run their function", "{call}", this.#memoized.hits);
    yield ownCounter("memoize.misses", "Calls that ran their function", "{call}", this.#memoized.misses);
  }

  /**
   * Empties and forgets all caches and filters; whatever would make new things throws `ClosedError` from then on. Lazy values and
   * memoized functions go on working for those who have them.
   */
  close(): void {
    this.#closed = true;
    try {
      this.clearAllCaches();
    } finally {
      this.#caches.clear();
      this.#filters.clear();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): void {
    if (this.#closed) throw new ClosedError("AlgorithmOptimizer");
  }

  // biome-ignore lint/suspicious/noExplicitAny: each cache has types of its own
  #addCache<C extends BoundedCache<any, any>>(name: string, make: () => C): C {
    this.#open();
    checkName(name);
    if (this.#caches.has(name)) throw new NameTakenError("cache", name);
    const cache = make();
    this.#caches.set(name, cache);
    return cache;
  }

  /** All of them, whatever a listener of one throws; the first such error reaches the caller then. */
  #forEachCache(act: (cache: BoundedCache<unknown, unknown>) => void): void {
    const failures: unknown[] = [];
    for (const cache of this.#caches.values())
      try {
        act(cache);
      } catch (error) {
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  }
}

/** What is no object of options stays what it is, to be refused. */
function counted<O extends object, C>(options: O, counters: C): O & { readonly counters: C } {
  const isOptions = typeof options === "object" && options !== null && !Array.isArray(options);
  return (isOptions ? { ...options, counters } : options) as O & { readonly counters: C };
}

function checkName(name: unknown): void {
  if (typeof name !== "string" || name === "") rejectType("name", "a string that isn't empty", name);
}

const noLabels = Object.freeze({});

const ownCounter = (name: string, help: string, unit: string, value: number): MetricSample => ({
  type: "counter",
  name: `victor.${name}`,
  help,
  unit,
  labels: noLabels,
  value,
});
