import { type Clock, systemClock } from "../../clock.ts";
import { LatencyHistogram } from "../../metrics/latency-histogram.ts";
import type { HistogramSnapshot, Labels, MetricSample, MetricSource } from "../../metrics/metric.ts";
import { durationMs, integer, knownKeys } from "../../options.ts";
import { bounded } from "../sql/fingerprint.ts";
import { SlowLog, type SlowQuery } from "./slow-log.ts";

export type { SlowQuery } from "./slow-log.ts";

/** How executions are counted, per fingerprint. */
export interface QueryMetricsOptions {
  /** @default the system's clock */
  readonly clock?: Clock;
  /** Fingerprints told apart; beyond it the least recently seen is folded into `(other)`. ≥ 1. @default 500 */
  readonly maxFingerprints?: number;
  /** Executions that take at least so long enter the slow log; `Infinity` for none. @default 100 */
  readonly slowThresholdMs?: number;
  /** Executions that the slow log holds, the worst; at most a tenth of them of one fingerprint. ≥ 1. @default 100 */
  readonly maxSlow?: number;
  /** OpenTelemetry's `db.system.name`. @default "other_sql" */
  readonly system?: string;
}

const defaults = Object.freeze({
  clock: systemClock,
  maxFingerprints: 500,
  slowThresholdMs: 100,
  maxSlow: 100,
  system: "other_sql",
});

/** What is known of all statements of one shape. Times are in milliseconds; 0 while `count` is 0. */
export interface FingerprintStats {
  /** See `fingerprint`; `(other)` holds what has been dropped to stay within `maxFingerprints`. */
  readonly fingerprint: string;
  /** Executions on the database, failed ones included. */
  readonly count: number;
  /** Executions that failed. */
  readonly errors: number;
  /** Rows returned or changed, in all. */
  readonly rows: number;
  readonly meanMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Quantiles are within 1 %. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Answers that came from the cache. */
  readonly hits: number;
  /** hits / (hits + count), 0 to 1; 0 while there is neither. */
  readonly hitRate: number;
  /** When it last ran on the database (hits don't move it); `undefined` before its first time. */
  readonly lastSeen: Date | undefined;
}

/** The counts behind an entry. */
class Tally {
  readonly latencyMs = new LatencyHistogram();
  hits = 0;
  errors = 0;
  rows = 0;
  /** Of the last execution, by the clock; NaN before it. */
  lastMs = Number.NaN;

  fold(from: Tally): void {
    this.latencyMs.merge(from.latencyMs);
    this.hits += from.hits;
    this.errors += from.errors;
    this.rows += from.rows;
    if (!(from.lastMs <= this.lastMs) && !Number.isNaN(from.lastMs)) this.lastMs = from.lastMs;
  }
}

const otherName = "(other)";
let redirect: (entry: FingerprintEntry, tally: Tally) => void;
let tallyOf: (entry: FingerprintEntry) => Tally;

/**
 * Counts one shape of statement. Fetch it once per statement and keep it: `hits++`, `record` and `fail` allocate nothing
 * and look nothing up. One that has been dropped goes on to count, into `(other)`.
 */
export class FingerprintEntry {
  readonly fingerprint: string;
  readonly #clock: Clock;
  readonly #slow: SlowLog;
  #tally = new Tally();

  constructor(fingerprint: string, clock: Clock, slow: SlowLog) {
    this.fingerprint = fingerprint;
    this.#clock = clock;
    this.#slow = slow;
  }

  static {
    redirect = (entry, tally) => {
      entry.#tally = tally;
    };
    tallyOf = (entry) => entry.#tally;
  }

  /** Answers from the cache: `entry.hits++`. */
  get hits(): number {
    return this.#tally.hits;
  }
  set hits(value: number) {
    this.#tally.hits = value;
  }

  /** Counts an execution that succeeded. @param rows returned or changed */
  record(elapsedMs: number, rows: number): void {
    const tally = this.#tally;
    tally.latencyMs.record(elapsedMs);
    tally.rows += rows;
    tally.lastMs = this.#clock.now();
    if (elapsedMs >= this.#slow.thresholdMs) this.#slow.add(this.fingerprint, elapsedMs, rows, false);
  }

  /** Counts an execution that failed. */
  fail(elapsedMs: number): void {
    const tally = this.#tally;
    tally.latencyMs.record(elapsedMs);
    tally.errors++;
    tally.lastMs = this.#clock.now();
    if (elapsedMs >= this.#slow.thresholdMs) this.#slow.add(this.fingerprint, elapsedMs, 0, true);
  }
}

/** Latencies, errors, rows and cache hits of statements, by their fingerprint, and the slowest executions. */
export class QueryMetrics implements MetricSource {
  readonly name = "database.queries";
  readonly #clock: Clock;
  readonly #system: string;
  readonly #max: number;
  readonly #slow: SlowLog;
  readonly #bound = new Map<string, Bound>();
  readonly #other = new Tally();

  /** @throws {TypeError | RangeError} naming the wrong option */
  constructor(options: QueryMetricsOptions = {}) {
    knownKeys("QueryMetrics", options, Object.keys(defaults));
    const resolved = { ...defaults, ...options };
    this.#clock = resolved.clock;
    this.#system = resolved.system;
    this.#max = integer("maxFingerprints", resolved.maxFingerprints, 1);
    this.#slow = new SlowLog(
      durationMs("slowThresholdMs", resolved.slowThresholdMs),
      integer("maxSlow", resolved.maxSlow, 1),
    );
  }

  /** The entry of a fingerprint, made if need be; beyond the bound another is dropped for it. */
  entry(fingerprint: string): FingerprintEntry {
    const now = this.#clock.now();
    const known = this.#bound.get(fingerprint);
    if (known) {
      known.seenMs = now;
      return known.entry;
    }
    if (this.#bound.size >= this.#max) this.#dropLeastRecent(now);
    const entry = new FingerprintEntry(fingerprint, this.#clock, this.#slow);
    this.#bound.set(fingerprint, { entry, seenMs: now, hitsSeen: 0, labels: undefined });
    return entry;
  }

  /** All fingerprints that have been counted at least once, by time spent on the database, most first. */
  getQueryMetrics(): readonly FingerprintStats[] {
    return this.#tallies()
      .sort((a, b) => b.tally.latencyMs.sum - a.tally.latencyMs.sum)
      .map(({ fingerprint, tally }) => this.#stats(fingerprint, tally));
  }

  /**
   * The worst executions, slowest first.
   * @param options.thresholdMs only those that took as long; below `slowThresholdMs` it finds no more. @default 0
   * @param options.limit at most so many. @default all that are kept
   * @throws {RangeError} naming the wrong option
   */
  getSlowQueries(
    options: { readonly thresholdMs?: number; readonly limit?: number } = {},
  ): readonly SlowQuery[] {
    const { thresholdMs = 0, limit = Number.MAX_SAFE_INTEGER } = options;
    return this.#slow.slowest(durationMs("thresholdMs", thresholdMs), integer("limit", limit, 0));
  }

  /** Shows `plan` with the slow executions of `fingerprint`. As many plans are kept as slow executions. */
  attachPlan(fingerprint: string, plan: string): void {
    this.#slow.attachPlan(fingerprint, plan);
  }

  /** At most `maxFingerprints` + 1 series of each name. */
  *collect(): Iterable<MetricSample> {
    for (const { fingerprint, tally, bound } of this.#tallies()) {
      const labels = bound?.labels ?? this.#labels(fingerprint);
      if (bound) bound.labels = labels;
      yield {
        type: "histogram",
        name: "db.client.operation.duration",
        help: "Duration of database client operations.",
        unit: "s",
        labels,
        histogram: inSeconds(tally.latencyMs.snapshot()),
      };
      yield counter("errors", "Operations that failed.", "{operation}", labels, tally.errors);
      yield counter("rows", "Rows returned or changed.", "{row}", labels, tally.rows);
      yield counter("cache_hits", "Operations answered from the cache.", "{operation}", labels, tally.hits);
    }
  }

  #labels(fingerprint: string): Labels {
    return { "db.system.name": this.#system, "db.query.summary": bounded(fingerprint, maxSummary) };
  }

  #tallies(): { fingerprint: string; tally: Tally; bound?: Bound }[] {
    const all: { fingerprint: string; tally: Tally; bound?: Bound }[] = [];
    for (const bound of this.#bound.values())
      all.push({ fingerprint: bound.entry.fingerprint, tally: tallyOf(bound.entry), bound });
    all.push({ fingerprint: otherName, tally: this.#other });
    return all.filter(({ tally }) => tally.latencyMs.count + tally.hits + tally.latencyMs.rejected > 0);
  }

  #stats(fingerprint: string, tally: Tally): FingerprintStats {
    const { latencyMs, hits, errors, rows, lastMs } = tally;
    const { count } = latencyMs;
    return {
      fingerprint,
      count,
      errors,
      rows,
      meanMs: count === 0 ? 0 : latencyMs.sum / count,
      minMs: count === 0 ? 0 : latencyMs.min,
      maxMs: count === 0 ? 0 : latencyMs.max,
      p50Ms: latencyMs.quantile(0.5) ?? 0,
      p95Ms: latencyMs.quantile(0.95) ?? 0,
      p99Ms: latencyMs.quantile(0.99) ?? 0,
      hits,
      hitRate: hits + count === 0 ? 0 : hits / (hits + count),
      lastSeen: Number.isNaN(lastMs) ? undefined : new Date(Date.now() - (this.#clock.now() - lastMs)),
    };
  }

  #dropLeastRecent(now: number): void {
    let oldest: Bound | undefined;
    for (const bound of this.#bound.values()) {
      const { hits, lastMs } = tallyOf(bound.entry);
      // A hit leaves no time behind: that there was one since the last look counts as seen now.
      if (hits !== bound.hitsSeen) bound.seenMs = now;
      else if (lastMs > bound.seenMs) bound.seenMs = lastMs;
      bound.hitsSeen = hits;
      if (!oldest || bound.seenMs < oldest.seenMs) oldest = bound;
    }
    const { entry } = oldest!;
    this.#bound.delete(entry.fingerprint);
    this.#other.fold(tallyOf(entry));
    redirect(entry, this.#other);
  }
}

interface Bound {
  readonly entry: FingerprintEntry;
  seenMs: number;
  hitsSeen: number;
  labels: Labels | undefined;
}

/** OpenTelemetry bounds `db.query.summary` at 255 characters. */
const maxSummary = 255;

function counter(what: string, help: string, unit: string, labels: Labels, value: number): MetricSample {
  return { type: "counter", name: `victor.db.client.operation.${what}`, help, unit, labels, value };
}

function inSeconds(ms: HistogramSnapshot): HistogramSnapshot {
  return {
    count: ms.count,
    sum: ms.sum / 1000,
    min: ms.min / 1000,
    max: ms.max / 1000,
    quantile: (q) => {
      const value = ms.quantile(q);
      return value === undefined ? undefined : value / 1000;
    },
    countAtOrBelow: (bound) => ms.countAtOrBelow(bound * 1000),
  };
}
