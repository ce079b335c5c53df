import { integer } from "../options.ts";
import { type Generations, tellEffects, type WriteEffects } from "./generations.ts";
import type { StatementFacts } from "./statement-facts.ts";

/** Row keys of one transaction told apart at most, when nothing else is said. */
const defaultMaxRows = 10_000;

/**
 * What one transaction has written so far. Nobody else may see it yet: it is applied when the transaction commits
 * and forgotten when it rolls back. Keys are taken at once, so that a caller may reuse its parameters.
 */
export class WriteSet {
  readonly #rows = new Map<string, Set<string>>();
  readonly #tables = new Set<string>();
  readonly #maxRows: number;
  readonly #effects: WriteEffects;
  #rowCount = 0;
  #everything = false;
  #schema = false;

  /** @param maxRows row keys kept at most, ≥ 0; beyond, whole tables stand for their rows */
  constructor(maxRows: number = defaultMaxRows) {
    this.#maxRows = integer("maxRows", maxRows, 0);
    this.#effects = {
      row: (table, key) => this.#addRow(table, key),
      tables: (tables) => {
        for (const table of tables) this.#addTable(table);
      },
      everything: () => {
        this.#everything = true;
      },
      schema: () => {
        this.#schema = true;
      },
    };
  }

  /** Has the schema been changed? */
  get hasDdl(): boolean {
    return this.#schema;
  }

  /** Has nothing been written? */
  get isEmpty(): boolean {
    return !this.#schema && !this.#everything && this.#tables.size === 0 && this.#rows.size === 0;
  }

  /** A statement of the transaction was run, or was tried: a failed one may have changed something before. */
  add(facts: StatementFacts, params: readonly unknown[]): void {
    tellEffects(facts, params, this.#effects);
  }

  /** The transaction committed, or may have: bumps all that it wrote. */
  apply(generations: Generations): void {
    if (this.#schema) {
      generations.schema();
      return;
    }
    if (this.#everything) {
      generations.everything();
      return;
    }
    if (this.#tables.size > 0) generations.tables([...this.#tables]);
    for (const [table, keys] of this.#rows) for (const key of keys) generations.row(table, key);
  }

  #addRow(table: string, key: string): void {
    if (this.#tables.has(table)) return;
    const keys = this.#rows.get(table) ?? new Set();
    if (keys.has(key)) return;
    this.#rows.set(table, keys.add(key));
    if (++this.#rowCount > this.#maxRows) for (const each of [...this.#rows.keys()]) this.#addTable(each);
  }

  #addTable(table: string): void {
    this.#tables.add(table);
    this.#rowCount -= this.#rows.get(table)?.size ?? 0;
    this.#rows.delete(table);
  }
}
