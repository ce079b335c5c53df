import { LruCache } from "../../algorithms/lru-cache.ts";
import { integer, knownKeys } from "../../options.ts";
import type { StatementFacts } from "../statement-facts.ts";
import { type Builtins, loadBuiltins, loadCatalogue, type Query } from "./catalogue.ts";
import { loadParser } from "./parser.ts";
import { Schema } from "./schema.ts";
import { statementFacts } from "./statement-analysis.ts";

export interface PostgresFactsOptions {
  /**
   * Statements whose facts are remembered, by their text; an integer ≥ 1. Past it those not used for longest go.
   * @default 2000
   */
  readonly maxStatements?: number;
}

const defaults = Object.freeze({ maxStatements: 2000 });

/**
 * What statements read and write on one PostgreSQL database, by PostgreSQL's own parser and the catalogue.
 *
 * The catalogue is read once, by the first statement, and again after `forget()`. From then on facts come at once;
 * they are remembered by the statement's text. What can't be known is said to be unknown.
 *
 * Facts hold for sessions with the search path, role and settings that connections begin with. A statement that
 * changes them is of kind `session`: until that connection is reset, names in later statements on it may mean other
 * tables than the facts say, so that its writes have to count as writes to all.
 */
export class PostgresFacts {
  readonly #query: Query;
  readonly #known: LruCache<string, StatementFacts>;
  #builtins: Builtins | undefined;
  #schema: Schema | undefined;
  #loading: Promise<Schema> | undefined;
  /** Counts schema changes, so that a load that one overtook is known to be void. */
  #generation = 0;

  /**
   * @param query runs one statement on a connection in its initial state
   * @throws {RangeError} when `maxStatements` is no integer ≥ 1
   */
  constructor(query: Query, options: PostgresFactsOptions = {}) {
    knownKeys("PostgresFacts", options, Object.keys(defaults));
    this.#query = query;
    this.#known = new LruCache({
      maxSize: integer("maxStatements", options.maxStatements ?? defaults.maxStatements, 1),
    });
  }

  /**
   * @returns the facts, at once when the catalogue is known. When it can't be read the promise rejects with the
   * driver's error, and the next call tries again
   */
  facts(sql: string): StatementFacts | Promise<StatementFacts> {
    const known = this.#known.get(sql);
    if (known !== undefined) return known;
    return this.#schema === undefined ? this.#learn(sql) : this.#analyse(sql, this.#schema);
  }

  /** Forgets all facts and the catalogue: the schema changed. A load under way counts for nothing. */
  forget(): void {
    this.#generation++;
    this.#schema = undefined;
    this.#loading = undefined;
    this.#known.clear();
  }

  #analyse(sql: string, schema: Schema): StatementFacts {
    const facts = statementFacts(sql, schema);
    this.#known.set(sql, facts);
    return facts;
  }

  async #learn(sql: string): Promise<StatementFacts> {
    for (;;) {
      const generation = this.#generation;
      const schema = await this.#load();
      // Facts of a schema that has changed since would let a result be cached with the wrong tables.
      if (generation === this.#generation) return this.#known.get(sql) ?? this.#analyse(sql, schema);
    }
  }

  /** One load for all who ask meanwhile. */
  #load(): Promise<Schema> {
    if (this.#loading !== undefined) return this.#loading;
    const generation = this.#generation;
    const loading = this.#read().then(
      (schema) => {
        if (generation === this.#generation) this.#schema = schema;
        return schema;
      },
      (error: unknown) => {
        if (generation === this.#generation) this.#loading = undefined;
        throw error;
      },
    );
    this.#loading = loading;
    return loading;
  }

  async #read(): Promise<Schema> {
    const parser = await loadParser();
    this.#builtins ??= await loadBuiltins(this.#query);
    return new Schema(await loadCatalogue(this.#query, this.#builtins), parser);
  }
}
