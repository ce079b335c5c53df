import { integer } from "../../options.ts";
import type { StatementFacts } from "../statement-facts.ts";
import { tellEffects, type WriteEffects } from "./generations.ts";

/** Row keys of one transaction told apart at most, when nothing else is said. */
const defaultMaxRows = 10_000;

/** What was written to one table; `undefined` stands for all of them. */
interface TableWrites {
  keys: Set<string> | undefined;
  columns: Set<string> | undefined;
}

/**
 * What one transaction has written so far. Nobody else may see it yet: it is applied when the transaction commits
 * and forgotten when it rolls back. Keys are taken at once, so that a caller may reuse its parameters.
 */
export class WriteSet {
  readonly #tables = new Map<string, TableWrites>();
  readonly #maxRows: number;
  readonly #effects: WriteEffects;
  #rowCount = 0;
  #everything = false;
  #schema = false;

  /** @param maxRows row keys kept at most, ≥ 0; beyond, whole tables stand for their rows */
  constructor(maxRows: number = defaultMaxRows) {
    this.#maxRows = integer("maxRows", maxRows, 0);
    this.#effects = {
      table: (name, key, columns) => this.#add(name, key, columns),
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
    return !this.#schema && !this.#everything && this.#tables.size === 0;
  }

  /** A statement of the transaction was run, or was tried: a failed one may have changed something before. */
  add(facts: StatementFacts, params: readonly unknown[]): void {
    tellEffects(facts, params, this.#effects);
  }

  /** Tells all that was written, such as to the generations when the transaction committed, or may have. */
  apply(effects: WriteEffects): void {
    if (this.#schema) effects.schema();
    else if (this.#everything) effects.everything();
    else
      for (const [name, { keys, columns }] of this.#tables) {
        let changed = columns && [...columns];
        for (const key of keys ?? [undefined]) {
          effects.table(name, key, changed);
          // Once is enough for what all the rows have in common.
          changed = [];
        }
      }
  }

  #add(name: string, key: string | undefined, columns: readonly string[] | undefined): void {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = { keys: new Set(), columns: new Set() };
      this.#tables.set(name, table);
    }
    if (columns === undefined) table.columns = undefined;
    else for (const column of columns) table.columns?.add(column);
    if (key === undefined) this.#forgetKeys(table);
    else if (table.keys !== undefined && !table.keys.has(key)) {
      table.keys.add(key);
      if (++this.#rowCount > this.#maxRows) for (const each of this.#tables.values()) this.#forgetKeys(each);
    }
  }

  #forgetKeys(table: TableWrites): void {
    this.#rowCount -= table.keys?.size ?? 0;
    table.keys = undefined;
  }
}
