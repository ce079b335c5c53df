import { integer, knownKeys, reject } from "../../options.ts";
import type { InvalidationSink } from "../engine.ts";
import type { StatementFacts } from "../statement-facts.ts";

/** A counter that only grows. */
interface Cell {
  count: number;
}

/**
 * What a result depends on, as it stood when the dependency was taken. Counters only grow, so their sum is the same
 * if and only if none of them has moved.
 */
export interface Dependency {
  readonly cells: readonly Readonly<Cell>[];
  readonly sum: number;
}

interface Table {
  /** Moved by every write to the table. */
  readonly any: Cell;
  /** Moved by writes of which it isn't known which rows they touch. */
  readonly bulk: Cell;
  /** Moved by all writes but those that only change columns which are known. */
  readonly members: Cell;
  /**
   * Moved by writes to a row whose key falls on this place. Keys that share one void each other's results now and then,
   * which is harmless; in turn nothing is kept per row, and nothing has to be thrown away.
   */
  rows: (Cell | undefined)[];
  /** Moved by updates of this column; only columns that a dependency has asked for are here. */
  readonly columns: Map<string, Cell>;
}

/** Columns that one dependency tells apart at most; with more it takes the table as a whole. */
export const maxColumns = 16;

export interface GenerationsOptions {
  /** Tables told apart at most; one more, and everything is bumped. @default 4096 */
  readonly maxTables?: number;
  /** Counters for the rows of one table, 8 bytes each and 24 more once used; a power of two. @default 16_384 */
  readonly rowsPerTable?: number;
}

const defaults = Object.freeze({ maxTables: 4096, rowsPerTable: 16_384 });

/** Where the effects of a write are told, one by one. */
export interface WriteEffects {
  /**
   * Rows of a table changed.
   * @param key     the only one, in canonical form; `undefined` when it isn't known which
   * @param columns the only ones that changed in it; `undefined` when that isn't known, or rows came or went
   */
  table(name: string, key: string | undefined, columns: readonly string[] | undefined): void;
  /** Anything may have changed. */
  everything(): void;
  /** The schema changed. */
  schema(): void;
}

/** Tells `effects` what a statement changes when it is run with `params`. */
export function tellEffects(facts: StatementFacts, params: readonly unknown[], effects: WriteEffects): void {
  const { kind, writes, point, updates } = facts;
  if (kind === "ddl") effects.schema();
  else if (writes === "all") effects.everything();
  else
    for (const name of writes) {
      const key = name === point?.table ? point.canonicalKey(params[point.param]) : undefined;
      effects.table(name, key, writes.length === 1 ? updates : undefined);
    }
}

/**
 * Knows how often each table, and each row that somebody cares for, has been written: the order of reads and writes
 * without a clock. A loader takes a dependency before it starts; when it is no longer current, what was read may be
 * older than the last write. Memory is bounded; where it runs out, more is bumped than need be, never less.
 */
export class Generations implements InvalidationSink, WriteEffects {
  readonly #epoch: Cell = { count: 0 };
  readonly #tables = new Map<string, Table>();
  readonly #maxTables: number;
  readonly #rowsPerTable: number;
  #schemaVersion = 0;
  #bumps = 0;

  /** @throws {RangeError} when a bound is no integer ≥ 1 */
  constructor(options: GenerationsOptions = {}) {
    knownKeys("Generations", options, Object.keys(defaults));
    this.#maxTables = integer("maxTables", options.maxTables ?? defaults.maxTables, 1);
    const rows = integer("rowsPerTable", options.rowsPerTable ?? defaults.rowsPerTable, 1, 2 ** 24);
    if (!Number.isInteger(Math.log2(rows))) reject("rowsPerTable", "a power of two", rows);
    this.#rowsPerTable = rows;
  }

  /** Grows with every change of the schema; facts of another version are void. */
  get schemaVersion(): number {
    return this.#schemaVersion;
  }

  /** Invalidations so far: rows, tables, everything, schema; for metrics. */
  get bumps(): number {
    return this.#bumps;
  }

  /** What a read depends on. To be taken before the read starts. */
  dependency(facts: StatementFacts, params: readonly unknown[]): Dependency {
    const { point, reads } = facts;
    const key = point && reads.includes(point.table) ? point.canonicalKey(params[point.param]) : undefined;
    // Cells first, sum last: making one may overflow the bound on tables, which bumps.
    for (;;) {
      const before = this.#epoch.count;
      const cells: Cell[] = [this.#epoch];
      for (const name of reads) {
        const table = this.#table(name);
        const columns = facts.columns?.get(name);
        if (key !== undefined && name === point?.table) cells.push(table.bulk, this.#row(table, key));
        else if (columns === undefined || columns.length > maxColumns) cells.push(table.any);
        else cells.push(table.members, ...columns.map((column) => this.#column(table, column)));
      }
      if (this.#epoch.count === before) return { cells, sum: sumOf(cells) };
      // All tables were dropped on the way, so some of these cells may be nobody's any longer.
      if (reads.length > this.#maxTables) return { cells, sum: -1 };
    }
  }

  /** @returns false once anything that `dependency` depends on was written, or may have been */
  isCurrent(dependency: Dependency): boolean {
    const cells = dependency.cells;
    let sum = 0;
    for (let i = 0; i < cells.length; i++) sum += cells[i]!.count;
    return sum === dependency.sum;
  }

  /** @returns the ids of the tables in use that are called `name`, `table` or `schema.table`, in whatever case */
  idsOf(name: string): readonly string[] {
    const wanted = name.toLowerCase();
    return [...this.#tables.keys()].filter((id) => {
      const folded = id.toLowerCase();
      return folded === wanted || folded.slice(folded.indexOf(".") + 1) === wanted;
    });
  }

  /** A write took effect (its transaction is committed, or may be). */
  write(facts: StatementFacts, params: readonly unknown[]): void {
    tellEffects(facts, params, this);
  }

  table(name: string, key: string | undefined, columns: readonly string[] | undefined): void {
    this.#bumps++;
    const table = this.#tables.get(name);
    if (table === undefined) return;
    table.any.count++;
    if (key === undefined) table.bulk.count++;
    else increment(table.rows[this.#place(key)]);
    if (columns === undefined) table.members.count++;
    else for (const column of columns) increment(table.columns.get(column));
  }

  tables(names: readonly string[]): void {
    for (const name of names) this.table(name, undefined, undefined);
  }

  everything(): void {
    this.#bumps++;
    this.#epoch.count++;
  }

  schema(): void {
    this.#schemaVersion++;
    this.everything();
  }

  #table(name: string): Table {
    let table = this.#tables.get(name);
    if (table === undefined) {
      if (this.#tables.size >= this.#maxTables) {
        this.#tables.clear();
        this.#epoch.count++;
      }
      table = {
        any: { count: 0 },
        bulk: { count: 0 },
        members: { count: 0 },
        rows: [],
        columns: new Map(),
      };
      this.#tables.set(name, table);
    }
    return table;
  }

  // A table has as many columns as it has: no bound is needed.
  #column(table: Table, name: string): Cell {
    let column = table.columns.get(name);
    if (column === undefined) {
      column = { count: 0 };
      table.columns.set(name, column);
    }
    return column;
  }

  #row(table: Table, key: string): Cell {
    // Not before a row is asked for: most tables are never read by key.
    if (table.rows.length === 0) table.rows = new Array(this.#rowsPerTable);
    const place = this.#place(key);
    let row = table.rows[place];
    if (row === undefined) {
      row = { count: 0 };
      table.rows[place] = row;
    }
    return row;
  }

  #place(key: string): number {
    return placeOf(key, this.#rowsPerTable);
  }
}

/**
 * FNV-1a over the key's UTF-16 units.
 * @param places a power of two
 * @returns ≥ 0, < places
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function placeOf(key: string, places: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & (places - 1);
}

function increment(cell: Cell | undefined): void {
  if (cell !== undefined) cell.count++;
}

function sumOf(cells: readonly Cell[]): number {
  let sum = 0;
  for (const cell of cells) sum += cell.count;
  return sum;
}
