import type { FingerprintEntry, QueryMetrics, SlowQuery } from "../database/monitoring/query-metrics.ts";
import type { SqlDialect } from "../database/sql/sql-lexer.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { lazyModule } from "./lazy-module.ts";
import { nowMs } from "./own-time.ts";

/** Texts whose shape is remembered. */
const maxTexts = 1000;
/** A longer text isn't kept, since a thousand of them would be much, and its head has to do: all of it could take seconds. */
const maxTextLength = 10_000;
/** More than a shape may hold. */
const headLength = 4096;

/** Latencies, errors and rows of a program's statements, by their shape, and the slowest executions. */
export class StatementTimes implements MetricSource {
  readonly name: string;
  readonly #metrics: QueryMetrics;
  readonly #shape: (sql: string) => string;
  readonly #entries = new Map<string, FingerprintEntry>();

  /** @param system OpenTelemetry's `db.system.name`: `sqlite`, `postgresql` or `mysql` */
  constructor(system: string, slowThresholdMs: number) {
    this.name = `victor.auto.${system}`;
    const { QueryMetrics: Metrics } = lazyModule<typeof import("../database/monitoring/query-metrics.ts")>(
      "database/monitoring/query-metrics",
    );
    this.#metrics = new Metrics({ system, slowThresholdMs });
    const { fingerprint } =
      lazyModule<typeof import("../database/sql/fingerprint.ts")>("database/sql/fingerprint");
    this.#shape = (sql) => fingerprint(sql, system as SqlDialect);
  }

  /** @param startMs of `nowMs` */
  done(sql: string, startMs: number, rows: number): void {
    this.entry(sql).record(nowMs() - startMs, rows);
  }

  /** The same of an execution that failed. */
  failed(sql: string, startMs: number): void {
    this.entry(sql).fail(nowMs() - startMs);
  }

  slowest(): readonly SlowQuery[] {
    return this.#metrics.getSlowQueries();
  }

  collect(): Iterable<MetricSample> {
    return this.#metrics.collect();
  }

  /** Where executions of a statement are counted; whoever keeps it spares the look-up. */
  entry(sql: string): FingerprintEntry {
    let entry = this.#entries.get(sql);
    if (entry === undefined) {
      entry = this.#metrics.entry(this.#shape(sql.length <= maxTextLength ? sql : sql.slice(0, headLength)));
      if (this.#entries.size >= maxTexts) this.#entries.clear();
      if (sql.length <= maxTextLength) this.#entries.set(sql, entry);
    }
    return entry;
  }
}
