import { LruCache } from "../algorithms/lru-cache.ts";
import { ParameterCountError } from "../errors.ts";
import type { Generations } from "./cache/generations.ts";
import type { Engine } from "./engine.ts";
import type { FingerprintEntry, QueryMetrics } from "./monitoring/query-metrics.ts";
import { ownParameters } from "./own-parameters.ts";
import { fingerprint } from "./sql/fingerprint.ts";
import { translatePlaceholders } from "./sql/placeholders.ts";
import type { SqlDialect } from "./sql/sql-lexer.ts";
import type { StatementFacts } from "./statement-facts.ts";

/** All that is remembered of one SQL text. */
export interface Statement {
  /** Unique in the process's life; names the statement in the cache. */
  readonly id: number;
  /** The text with the engine's own placeholders. */
  readonly text: string;
  readonly parameterCount: number;
  readonly fingerprint: string;
  readonly metrics: FingerprintEntry;
  /** Set once known; void when `schemaVersion` is not the present one. */
  facts: StatementFacts | undefined;
  schemaVersion: number;
  /** Executions on the database, and their mean time of late, in milliseconds. */
  runs: number;
  costMs: number;
}

/** A statement whose facts are known. */
export type PreparedStatement = Statement & { readonly facts: StatementFacts };

let nextId = 1;

/** SQL text → statement, bounded, so that a text is read once and not at every call. */
export class Statements {
  readonly #byText: LruCache<string, Statement>;
  readonly #engine: Engine;
  readonly #generations: Generations;
  readonly #metrics: QueryMetrics;

  constructor(engine: Engine, generations: Generations, metrics: QueryMetrics, maxSize: number) {
    this.#byText = new LruCache({ maxSize });
    this.#engine = engine;
    this.#generations = generations;
    this.#metrics = metrics;
  }

  /** @returns the statement if its facts are known and true for the present schema, without waiting */
  known(sql: string): PreparedStatement | undefined {
    const statement = this.#byText.get(sql);
    return statement !== undefined && statement.schemaVersion === this.#generations.schemaVersion
      ? (statement as PreparedStatement)
      : undefined;
  }

  /**
   * @returns the statement with facts that are true for the schema at the moment of return
   * @throws {TypeError} for what is no SQL text, or mixes placeholder styles
   */
  async prepare(sql: string): Promise<PreparedStatement> {
    const statement = this.#byText.get(sql) ?? this.#add(sql);
    while (statement.facts === undefined || statement.schemaVersion !== this.#generations.schemaVersion) {
      const schemaVersion = this.#generations.schemaVersion;
      const facts = this.#engine.facts(statement.text);
      statement.facts = facts instanceof Promise ? await facts : facts;
      statement.schemaVersion = schemaVersion;
    }
    return statement as PreparedStatement;
  }

  /** What is cached of it can no longer be found. */
  forget(sql: string): void {
    this.#byText.delete(sql);
  }

  #add(sql: string): Statement {
    if (typeof sql !== "string" || sql.trim() === "")
      throw new TypeError(
        `sql: expected a statement's text, got ${typeof sql === "string" ? '""' : typeof sql}`,
      );
    // SQLite would run what stands before it, without a word.
    if (sql.includes("\0")) throw new TypeError("sql: expected text without NUL characters");
    const dialect = dialectOf(this.#engine);
    const { sql: text, count } = translatePlaceholders(sql, dialect, this.#engine.placeholders);
    const print = fingerprint(sql, dialect);
    const statement: Statement = {
      id: nextId++,
      text,
      parameterCount: count,
      fingerprint: print,
      metrics: this.#metrics.entry(print),
      facts: undefined,
      schemaVersion: -1,
      runs: 0,
      costMs: 0,
    };
    this.#byText.set(sql, statement);
    return statement;
  }
}

function dialectOf({ system, placeholders }: Engine): SqlDialect {
  if (system === "mysql" || system === "mariadb") return "mysql";
  return placeholders === "?" ? "sqlite" : "postgresql";
}

/**
 * A statement that takes less is not worth a place in the cache: keeping a result costs about as much as such a read,
 * which SQLite answers inside the process. Over a network nothing is as cheap.
 */
const cheapMs = 0.01;
/** Executions before a statement counts as proven, and over which its cost is averaged. */
const provingRuns = 32;

/** Is the statement cheaper to run than to cache, as far as it has shown? */
export function provenCheap(statement: Statement): boolean {
  return statement.costMs < cheapMs && statement.runs >= provingRuns;
}

/** Takes an execution into the moving average; one that was held up by something else counts for little. */
export function noteCost(statement: Statement, durationMs: number): void {
  if (statement.runs < provingRuns) statement.runs++;
  statement.costMs += (Math.min(durationMs, 8 * cheapMs) - statement.costMs) / statement.runs;
}

/** @throws {ParameterCountError} naming both counts; @throws {TypeError} when `params` is no array */
export function checkParameters(statement: Statement, params: readonly unknown[], where?: string): void {
  checkArray("params", params);
  if (params.length !== statement.parameterCount)
    throw new ParameterCountError(statement.parameterCount, params.length, where);
}

/** @throws {TypeError} unless `value` is an array */
export function checkArray(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw new TypeError(`${name}: expected an array, got ${typeof value}`);
}

/** @returns copies of the rows of a batch, which may have to wait @throws {TypeError} naming the row that is none */
export function ownRows(rows: readonly (readonly unknown[])[]): unknown[][] {
  checkArray("rows", rows);
  // Array.from, unlike map, doesn't pass over holes.
  return Array.from(rows, (row, index) => {
    checkArray(`rows[${index}]`, row);
    return ownParameters(row);
  });
}

/** @throws {ParameterCountError} naming the row */
export function checkRows(statement: Statement, rows: readonly (readonly unknown[])[]): void {
  rows.forEach((row, index) => {
    checkParameters(statement, row, `row ${index}: the statement`);
  });
}
