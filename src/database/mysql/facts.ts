import { LruCache } from "../../algorithms/lru-cache.ts";
import type { StatementFacts } from "../statement-facts.ts";
import { loadCatalogue, type Query } from "./catalogue.ts";
import { Dependencies } from "./dependencies.ts";
import { statementFacts } from "./statement-analysis.ts";

/** Statements whose facts are remembered, by their text. */
const maxStatements = 2_000;

/**
 * What statements read and write on one server. The catalogue is read once, by the first statement, and again after
 * `forget()`; from then on facts come at once. What can't be known is said to be unknown.
 *
 * There is no parser in between: every name in a statement counts as a table if the catalogue knows one of that name,
 * so that facts may name too many tables, and never too few. A text that could be read in two ways counts as unknown.
 */
export class MysqlFacts {
  readonly #query: Query;
  readonly #schema: string | undefined;
  readonly #known = new LruCache<string, StatementFacts>({ maxSize: maxStatements });
  #dependencies: Dependencies | undefined;
  #loading: Promise<Dependencies> | undefined;
  /** Counts changes of the schema, so that a load that one overtook is known to be void. */
  #generation = 0;

  /**
   * @param query  runs one statement on a session in its initial state
   * @param schema of unqualified names in that state
   */
  constructor(query: Query, schema: string | undefined) {
    this.#query = query;
    this.#schema = schema;
  }

  /**
   * @returns the facts, at once when the catalogue is known. When it can't be read the promise rejects with the
   * driver's error, and the next call tries again
   */
  facts(sql: string): StatementFacts | Promise<StatementFacts> {
    const known = this.#known.get(sql);
    if (known !== undefined) return known;
    return this.#dependencies === undefined ? this.#learn(sql) : this.#analyse(sql, this.#dependencies);
  }

  /** Forgets all facts and the catalogue: the schema changed. A load under way counts for nothing. */
  forget(): void {
    this.#generation++;
    this.#dependencies = undefined;
    this.#loading = undefined;
    this.#known.clear();
  }

  #analyse(sql: string, dependencies: Dependencies): StatementFacts {
    const facts = statementFacts(sql, dependencies);
    this.#known.set(sql, facts);
    return facts;
  }

  async #learn(sql: string): Promise<StatementFacts> {
    for (;;) {
      const generation = this.#generation;
      const dependencies = await this.#load();
      // Facts of a schema that has changed since would let a result be cached with the wrong tables.
      if (generation === this.#generation) return this.#known.get(sql) ?? this.#analyse(sql, dependencies);
    }
  }

  /** One load for all who ask meanwhile. */
  #load(): Promise<Dependencies> {
    if (this.#loading !== undefined) return this.#loading;
    const generation = this.#generation;
    const loading = loadCatalogue(this.#query, this.#schema).then(
      (catalogue) => {
        const dependencies = new Dependencies(catalogue);
        if (generation === this.#generation) this.#dependencies = dependencies;
        return dependencies;
      },
      (error: unknown) => {
        if (generation === this.#generation) this.#loading = undefined;
        throw error;
      },
    );
    this.#loading = loading;
    return loading;
  }
}
