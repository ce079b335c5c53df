import { LruList, LruNode } from "../../algorithms/lru-list.ts";
import { type SingleFlight, singleFlight } from "../../algorithms/single-flight.ts";
import type { Clock } from "../../clock.ts";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { durationMs, integer, knownKeys } from "../../options.ts";
import type { QueryResult } from "../driver.ts";
import type { StatementFacts } from "../statement-facts.ts";
import type { Dependency, Generations } from "./generations.ts";
import { cacheSamples, type QueryCacheStats } from "./query-cache-stats.ts";
import { copyRows, type SealedResult, seal } from "./sealed-result.ts";

/** What names a statement in the cache: one object for one SQL text, with an id of its own. */
export interface CachedStatement {
  readonly id: number;
}

/** A result, and whether it came out of the cache. Frozen with all its rows (`seal` says how far). */
export interface CachedResult extends QueryResult {
  readonly cached: boolean;
}

export interface QueryCacheOptions {
  /** Results kept at most; an integer ≥ 0, 0 keeps none. */
  readonly maxEntries: number;
  /** Milliseconds until a result expires, counted from when its load began; `Infinity` for never. */
  readonly ttlMs: number;
  /**
   * Milliseconds past its expiry that a result is still served, while it is loaded anew in the background. A result
   * whose tables were written is never served, whatever its age.
   * @default 0
   */
  readonly staleMs?: number;
  /** Milliseconds until a result without rows expires. @default `ttlMs` */
  readonly negativeTtlMs?: number;
  /**
   * Bytes of all results together, estimated (see `SealedResult.sizeBytes`). A result of more than a sixteenth of it
   * is not kept.
   * @default 67_108_864
   */
  readonly maxBytes?: number;
  readonly clock: Clock;
  readonly generations: Generations;
}

/** Options of one `load`. */
export interface LoadOptions {
  /** @default the cache's `ttlMs`, or `negativeTtlMs` for a result without rows */
  readonly ttlMs?: number | undefined;
  /** @default the cache's `staleMs` */
  readonly staleMs?: number | undefined;
  /** Detaches this caller; the load itself stops only when nobody waits for it any longer. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs the statement; gets a signal only if the caller who began the load brought one. */
export type RunQuery = (signal?: AbortSignal) => QueryResult | Promise<QueryResult>;

/** A load's outcome, on its way to its callers. */
interface Filled {
  readonly sealed: SealedResult;
  readonly result: CachedResult;
}

class Entry extends LruNode {
  readonly statementId: number;
  readonly key: string;
  readonly hit: CachedResult;
  /** Must every caller get a copy of his own? */
  readonly copied: boolean;
  readonly sizeBytes: number;
  readonly dependency: Dependency;
  readonly expiresAt: number;
  readonly staleUntil: number;
  constructor(
    statementId: number,
    key: string,
    sealed: SealedResult,
    dependency: Dependency,
    expiresAt: number,
    staleUntil: number,
  ) {
    super();
    const { result, sizeBytes, sharing } = sealed;
    this.statementId = statementId;
    this.key = key;
    this.copied = sharing === "copied";
    // The first caller has the rows themselves, and might change a Date in them.
    this.hit = withRows(result, this.copied ? copyRows(result.rows) : result.rows, true);
    this.sizeBytes = sizeBytes;
    this.dependency = dependency;
    this.expiresAt = expiresAt;
    this.staleUntil = staleUntil;
  }
}

const defaults = Object.freeze({ staleMs: 0, maxBytes: 64 * 2 ** 20 });

/** A result that takes more than this part of the cache's bytes is not kept. */
const maxShare = 1 / 16;

/**
 * Results of reads, kept until they expire, room is needed, or anything that they depend on is written.
 * A hit is synchronous and allocates nothing (except for rows with Dates or bytes, which are copied). Order is by
 * generations, never by clock: a load whose tables were written while it ran answers its callers and is not kept, and
 * a caller who comes after the write doesn't join it.
 */
export class QueryCache implements MetricSource {
  readonly name = "query-cache";
  // Two levels, since composing one key of statement and parameters would cost a string per hit.
  readonly #statements = new Map<number, Map<string, Entry>>();
  readonly #order = new LruList<Entry>();
  readonly #flights: SingleFlight<string, Filled> = singleFlight();
  readonly #generations: Generations;
  readonly #clock: Clock;
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #ttlMs: number;
  readonly #staleMs: number;
  readonly #negativeTtlMs: number | undefined;
  #size = 0;
  #sizeBytes = 0;
  /** Grows whenever entries are thrown out by hand; loads begun before aren't kept. */
  #purges = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #staleHits = 0;
  #coalesced = 0;
  #rejectedFills = 0;
  #uncacheable = 0;
  #failedRefreshes = 0;

  /** @throws {RangeError | TypeError} naming the option, what was expected and what came */
  constructor(options: QueryCacheOptions) {
    knownKeys("QueryCache", options, [
      "maxEntries",
      "ttlMs",
      "staleMs",
      "negativeTtlMs",
      "maxBytes",
      "clock",
      "generations",
    ]);
    this.#maxEntries = integer("maxEntries", options.maxEntries, 0);
    this.#ttlMs = durationMs("ttlMs", options.ttlMs);
    this.#staleMs = durationMs("staleMs", options.staleMs ?? defaults.staleMs);
    this.#negativeTtlMs =
      options.negativeTtlMs === undefined ? undefined : durationMs("negativeTtlMs", options.negativeTtlMs);
    this.#maxBytes = integer("maxBytes", options.maxBytes ?? defaults.maxBytes, 0);
    this.#clock = options.clock;
    this.#generations = options.generations;
  }

  /**
   * @param key of the parameters, by `cacheKey`
   * @returns the kept result if it has not expired and nothing that it depends on was written; else `undefined`
   * (not yet counted as a miss: the `load` that follows is)
   */
  lookup(statement: CachedStatement, key: string): CachedResult | undefined {
    const entry = this.#statements.get(statement.id)?.get(key);
    if (entry === undefined) return undefined;
    // Reading the clock costs half a hit: not for what never expires.
    if (entry.expiresAt !== Number.POSITIVE_INFINITY && this.#clock.now() >= entry.expiresAt)
      return undefined;
    if (!this.#generations.isCurrent(entry.dependency)) {
      this.#remove(entry);
      return undefined;
    }
    this.#hits++;
    this.#order.touch(entry);
    return handOut(entry);
  }

  /** @returns tells whether what `lookup` gives now is given still */
  currency(statement: CachedStatement, key: string): () => boolean {
    const find = () => this.#statements.get(statement.id)?.get(key);
    const entry = find();
    return () =>
      entry !== undefined &&
      find() === entry &&
      this.#clock.now() < entry.expiresAt &&
      this.#generations.isCurrent(entry.dependency);
  }

  /**
   * Looks once more, and else runs the statement and keeps its result. Loads of the same statement and key at the
   * same time are one, unless something that they depend on was written in between.
   * @param key `undefined` where the parameters have none: nothing is looked up or kept
   * @param facts true for the present schema at the moment of this call
   * @throws whatever `run` throws; a failure is not kept
   */
  load(
    statement: CachedStatement,
    key: string | undefined,
    facts: StatementFacts,
    params: readonly unknown[],
    run: RunQuery,
    options: LoadOptions = {},
  ): Promise<CachedResult> {
    if (key === undefined || !facts.cacheable || this.#maxEntries === 0) return this.#bypass(run, options);
    const hit = this.lookup(statement, key);
    if (hit !== undefined) return Promise.resolve(hit);
    const stale = this.#stale(statement, key);
    if (stale === undefined) {
      this.#misses++;
      return this.#fill(statement, key, facts, params, run, options, () => this.#coalesced++);
    }
    // In the background: this caller's signal is none of the refresh's business.
    const refresh = this.#fill(statement, key, facts, params, run, { ...options, signal: undefined });
    refresh.catch(() => this.#failedRefreshes++);
    this.#hits++;
    this.#staleHits++;
    return Promise.resolve(handOut(stale));
  }

  /** Forgets all results; loads under way are not kept. The counts of `stats()` stay. */
  clear(): void {
    this.#purges++;
    for (let entry = this.#order.oldest; entry !== undefined; entry = this.#order.oldest) this.#remove(entry);
  }

  stats(): QueryCacheStats {
    const lookups = this.#hits + this.#misses;
    return {
      hits: this.#hits,
      misses: this.#misses,
      hitRate: lookups === 0 ? 0 : this.#hits / lookups,
      size: this.#size,
      sizeBytes: this.#sizeBytes,
      evictions: this.#evictions,
      staleHits: this.#staleHits,
      coalesced: this.#coalesced,
      rejectedFills: this.#rejectedFills,
      uncacheable: this.#uncacheable,
      failedRefreshes: this.#failedRefreshes,
      invalidations: this.#generations.bumps,
    };
  }

  *collect(): Iterable<MetricSample> {
    yield* cacheSamples(this.stats());
  }

  #stale(statement: CachedStatement, key: string): Entry | undefined {
    const entry = this.#statements.get(statement.id)?.get(key);
    if (entry === undefined) return undefined;
    if (this.#clock.now() < entry.staleUntil && this.#generations.isCurrent(entry.dependency)) return entry;
    this.#remove(entry);
    return undefined;
  }

  #bypass(run: RunQuery, { signal }: LoadOptions): Promise<CachedResult> {
    this.#uncacheable++;
    try {
      signal?.throwIfAborted();
      const answer = run(signal);
      return answer instanceof Promise ? answer.then(uncached) : Promise.resolve(uncached(answer));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #fill(
    statement: CachedStatement,
    key: string,
    facts: StatementFacts,
    params: readonly unknown[],
    run: RunQuery,
    options: LoadOptions,
    onJoin?: () => void,
  ): Promise<CachedResult> {
    let begun: { readonly dependency: Dependency; readonly purges: number; readonly at: number } | undefined;
    const begin = (signal: AbortSignal | undefined) => {
      const load = {
        dependency: this.#generations.dependency(facts, params),
        purges: this.#purges,
        at: this.#clock.now(),
      };
      begun = load;
      const keep = (answer: QueryResult): Filled => {
        const filled = fill(answer);
        if (load.purges !== this.#purges || !this.#generations.isCurrent(load.dependency))
          this.#rejectedFills++;
        else this.#store(statement.id, key, filled.sealed, load.dependency, load.at, options);
        return filled;
      };
      const answer = run(signal);
      return answer instanceof Promise ? answer.then(keep) : keep(answer);
    };
    const joinable = () =>
      begun !== undefined && begun.purges === this.#purges && this.#generations.isCurrent(begun.dependency);
    const flight = this.#flights.run(`${statement.id}:${key}`, begin, { signal: options.signal, joinable });
    if (begun !== undefined) return flight.then((filled) => filled.result);
    onJoin?.();
    return flight.then(({ sealed, result }) =>
      sealed.sharing === "copied" ? withRows(result, copyRows(result.rows), false) : result,
    );
  }

  #store(
    statementId: number,
    key: string,
    sealed: SealedResult,
    dependency: Dependency,
    at: number,
    options: LoadOptions,
  ): void {
    if (sealed.sharing === "unshareable" || sealed.sizeBytes > this.#maxBytes * maxShare) {
      this.#uncacheable++;
      return;
    }
    const negativeTtlMs = sealed.result.rows.length === 0 ? this.#negativeTtlMs : undefined;
    const expiresAt = at + (options.ttlMs ?? negativeTtlMs ?? this.#ttlMs);
    const staleUntil = expiresAt + (options.staleMs ?? this.#staleMs);
    if (staleUntil <= at) return;
    const former = this.#statements.get(statementId)?.get(key);
    if (former !== undefined) this.#remove(former);
    const entry = new Entry(statementId, key, sealed, dependency, expiresAt, staleUntil);
    const byKey = this.#statements.get(statementId);
    if (byKey === undefined) this.#statements.set(statementId, new Map([[key, entry]]));
    else byKey.set(key, entry);
    this.#order.touch(entry);
    this.#size++;
    this.#sizeBytes += entry.sizeBytes;
    while (this.#size > this.#maxEntries || this.#sizeBytes > this.#maxBytes) {
      this.#remove(this.#order.oldest!);
      this.#evictions++;
    }
  }

  #remove(entry: Entry): void {
    const byKey = this.#statements.get(entry.statementId)!;
    byKey.delete(entry.key);
    if (byKey.size === 0) this.#statements.delete(entry.statementId);
    this.#order.remove(entry);
    this.#size--;
    this.#sizeBytes -= entry.sizeBytes;
  }
}

function handOut(entry: Entry): CachedResult {
  return entry.copied ? withRows(entry.hit, copyRows(entry.hit.rows), true) : entry.hit;
}

/** A result that was not looked for in the cache, frozen as all are. */
export function uncached(answer: QueryResult): CachedResult {
  return fill(answer).result;
}

function fill(answer: QueryResult): Filled {
  const sealed = seal(answer);
  return { sealed, result: withRows(sealed.result, sealed.result.rows, false) };
}

function withRows(result: QueryResult, rows: QueryResult["rows"], cached: boolean): CachedResult {
  const { rowCount, lastInsertRowid } = result;
  return Object.freeze(
    lastInsertRowid === undefined ? { rows, rowCount, cached } : { rows, rowCount, lastInsertRowid, cached },
  );
}
