import { createHash } from "node:crypto";
import type { SharedTier } from "../../cache/shared-tier.ts";
import { TieredCache } from "../../cache/tiered-cache.ts";
import type { Clock } from "../../clock.ts";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import type { Generations } from "../cache/generations.ts";
import { type CachedResult, type RunQuery, uncached } from "../cache/query-cache.ts";
import type { QueryCacheStats } from "../cache/query-cache-stats.ts";
import { seal } from "../cache/sealed-result.ts";
import type { WriteSet } from "../cache/write-set.ts";
import type { QueryResult } from "../driver.ts";
import type { StatementFacts } from "../statement-facts.ts";
import type { PreparedStatement } from "../statements.ts";
import { FleetSchema } from "./fleet-schema.ts";
import {
  type ChangedTags,
  everythingChanged,
  schemaChanged,
  tagsOfRead,
  tagsOfTables,
  tagsOfWrites,
} from "./result-tags.ts";
import { rowsCodec, UnkeptResult } from "./rows-codec.ts";
import { type SharedWrite, SharedWrites } from "./shared-writes.ts";
import { TierCalls } from "./tier-calls.ts";
import { WriteMarks } from "./write-marks.ts";

/** What the results of a fleet are made of. */
export interface SharedResultsOptions {
  /** Closed with the results. */
  readonly tier: SharedTier;
  /** What decides which data a statement sees: system, address, user and so on; hashed. */
  readonly identity: string;
  /** Milliseconds, > 0. */
  readonly ttlMs: number;
  readonly staleMs: number;
  /** Of this process's memory. */
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Milliseconds for which nothing is stored that a writer who died was writing, > 0. */
  readonly writeMarkMs: number;
  readonly clock: Clock;
  readonly generations: Generations;
  /** Makes void what this process knows of statements. */
  readonly forgetFacts: () => void;
}

/** Options of one load. */
export interface SharedLoadOptions {
  readonly ttlMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A token of another process's `token()`. */
  readonly after?: string | undefined;
}

/** A result that takes more than this part of the memory's bytes is kept nowhere. */
const maxShare = 1 / 16;

/**
 * Results of reads that a fleet shares, by a tier: memory, then the server, then the database.
 *
 * A result carries as tags what it depends on. A write makes its tags void before it may take effect and once more after,
 * and leaves a mark in between, under which nothing is stored; so whatever a process reads, and whenever it or a
 * writer dies, nothing is stored that is older than a write that took effect.
 */
export class SharedResults implements MetricSource {
  readonly name = "query-cache";
  readonly #writes: SharedWrites;
  readonly #options: SharedResultsOptions;
  readonly #cache: TieredCache<QueryResult | UnkeptResult>;
  readonly #calls: TierCalls;
  readonly #marks: WriteMarks;
  readonly #schema: FleetSchema;
  /** The part of a key that a statement's text decides. */
  readonly #prefixes = new WeakMap<PreparedStatement, string>();
  /** Changes heard of from others that the server is being told. */
  #untold = 0;
  #loads = 0;
  #isClosed = false;
  #uncacheable = 0;

  constructor(options: SharedResultsOptions) {
    const { tier, clock, ttlMs, staleMs, maxEntries, maxBytes, writeMarkMs } = options;
    this.#options = options;
    this.#cache = new TieredCache<QueryResult | UnkeptResult>({
      name: "database",
      tier,
      clock,
      ttlMs,
      staleMs,
      memory: { maxSize: maxEntries, maxBytes: Math.max(1, maxBytes) },
      codec: rowsCodec,
      maxValueBytes: Math.max(1, Math.floor(maxBytes * maxShare)),
      // While the server can't be asked, nobody vouches for anything.
      degradedTtlMs: 0,
    });
    this.#calls = new TierCalls(tier, clock);
    this.#marks = new WriteMarks(tier, clock, writeMarkMs);
    this.#schema = new FleetSchema(this.#calls, this.#marks, () => {
      options.forgetFacts();
      options.generations.schema();
    });
    this.#writes = new SharedWrites(this.#cache, this.#calls, this.#marks, this.#schema, clock, writeMarkMs);
  }

  /** Notes which schema the fleet is at. @param isNews whether others may have written while nobody listened */
  async start(isNews: boolean): Promise<void> {
    if (isNews) await this.#tell(everythingChanged);
    await this.#schema.note();
  }

  /** Is all that this process heard of told to the fleet? */
  get isSettled(): boolean {
    return this.#untold === 0;
  }

  /** @throws whatever `run` throws; a failure is not kept */
  async load(
    statement: PreparedStatement,
    key: string,
    params: readonly unknown[],
    run: RunQuery,
    options: SharedLoadOptions,
  ): Promise<CachedResult> {
    const { facts } = statement;
    const tags = tagsOfRead(facts, params);
    const { schemaVersion } = this.#options.generations;
    let isOwn = false;
    const result = await this.#cache.getOrLoad(
      this.#keyOf(statement, key),
      async (_key, signal) => {
        isOwn = true;
        this.#loads++;
        const mayKeep = await this.#mayKeep(facts, tags, schemaVersion);
        const { result: answer, sizeBytes, sharing } = seal(await run(signal));
        if (mayKeep && sharing !== "unshareable" && sizeBytes <= this.#options.maxBytes * maxShare)
          return answer;
        this.#uncacheable++;
        return new UnkeptResult(answer);
      },
      { ttlMs: options.ttlMs, signal: options.signal, after: options.after, tags },
    );
    if (result instanceof UnkeptResult) return uncached(result.result);
    return Object.freeze({ ...result, cached: !isOwn });
  }

  /** A write that is about to take effect. @param isUncertain may it change more than its facts say? */
  begin(writes: WriteSet, isUncertain: boolean): Promise<SharedWrite> {
    const changed = tagsOfWrites(writes);
    return this.#writes.begin(isUncertain && !writes.hasDdl ? everythingChanged : changed);
  }

  /** Others wrote to these tables, past the tier. */
  heardTables(tables: readonly string[]): void {
    void this.#tell(tagsOfTables(tables));
  }

  /** Others may have written anything. */
  heardEverything(): void {
    void this.#tell(everythingChanged);
  }

  /** Others changed the schema. */
  heardSchema(): void {
    void this.#tell(schemaChanged);
  }

  /** Forgets what depends on the tables, or everything. */
  invalidate(tables: readonly string[] | undefined): void {
    void this.#tell(tables === undefined ? everythingChanged : tagsOfTables(tables));
  }

  token(): string {
    return this.#cache.token();
  }

  stats(): QueryCacheStats {
    const stats = this.#cache.stats();
    const hits = stats.memoryHits + stats.sharedHits + stats.staleHits;
    const lookups = hits + this.#loads + stats.coalesced;
    return {
      hits,
      misses: lookups - hits,
      hitRate: lookups === 0 ? 0 : hits / lookups,
      size: stats.size,
      sizeBytes: stats.weight,
      evictions: stats.evictions,
      staleHits: stats.staleHits,
      coalesced: stats.coalesced,
      rejectedFills: stats.discardedLoads,
      uncacheable: this.#uncacheable,
      failedRefreshes: stats.loadFailures,
      invalidations: stats.invalidations,
    };
  }

  *collect(): Iterable<MetricSample> {
    yield* this.#cache.collect();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writes.close();
    await this.#cache.close();
  }

  /** Asked after the server has noted what the result depends on: a write that begins later shows there. */
  async #mayKeep(facts: StatementFacts, tags: readonly string[], schemaVersion: number): Promise<boolean> {
    if (!this.isSettled) return false;
    const [areSet, isKnown] = await Promise.all([
      this.#calls.ask(() => this.#marks.areSet(facts.reads, tags)),
      this.#schema.isPresent(this.#schema.known),
    ]);
    if (!isKnown) this.#schema.lost();
    return (
      areSet === false &&
      isKnown &&
      this.isSettled &&
      schemaVersion === this.#options.generations.schemaVersion
    );
  }

  async #tell(changed: ChangedTags): Promise<void> {
    if (this.#isClosed) return;
    this.#untold++;
    try {
      await this.#cache.deleteByTag([...changed.values()].flat());
    } finally {
      this.#untold--;
    }
  }

  #keyOf(statement: PreparedStatement, key: string): string {
    let prefix = this.#prefixes.get(statement);
    if (prefix === undefined) {
      prefix = `${digest(this.#options.identity)}.${digest(statement.text)}`;
      this.#prefixes.set(statement, prefix);
    }
    return `${prefix}.${key === "" ? "" : digest(key)}`;
  }
}

/** Over UTF-16, because UTF-8 would write one replacement for every lone surrogate. */
function digest(text: string): string {
  return createHash("sha256").update(text, "utf16le").digest("base64url");
}
