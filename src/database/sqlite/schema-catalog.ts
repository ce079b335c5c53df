import { fold } from "../sql/fold.ts";
import { lex } from "../sql/sql-lexer.ts";
import { joinsByName } from "./joined-by-name.ts";
import type { NodeConnection } from "./node-connection.ts";

/** The one column that names a row. `integer`: the rowid itself; `text`: TEXT affinity, compared byte by byte. */
export interface PrimaryKey {
  readonly column: string;
  readonly type: "integer" | "text";
}

/** What is remembered of one table of `main`, by its lower-cased name. */
interface TableEntry {
  readonly name: string;
  readonly type: string;
  primaryKey?: PrimaryKey | null;
  changesOtherRows?: boolean;
  columns?: readonly { readonly name: string; readonly inKey: boolean; readonly generated: boolean }[];
}

/** Virtual tables that write nothing but their own shadow tables. */
const knownModules = new Set(["fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly"]);

/** Builtin functions whose result depends on more than their arguments, though SQLite flags them otherwise or not. */
const volatileFunctions = new Set(
  (
    "date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp random " +
    "randomblob last_insert_rowid changes total_changes load_extension sqlite_offset sqlite_log fts3_tokenizer"
  ).split(" "),
);

const deterministicFlag = 0x800;

/** What the authorizer doesn't say: kinds of tables, keys, functions. Read from one connection, kept per schema. */
export class SchemaCatalog {
  readonly #connection: NodeConnection;
  #schemaVersion = -1;
  #tables = new Map<string, TableEntry>();
  /** Table by the root page of its own tree or of an index on it. */
  #roots = new Map<number, string>();
  #viewsJoinByName: boolean | undefined;
  #namelessTriggers: boolean | undefined;
  #modules: ReadonlySet<string> | undefined;
  #functions: ReadonlySet<string> | undefined;

  constructor(connection: NodeConnection) {
    this.#connection = connection;
  }

  /**
   * Brings the connection's own idea of the schema up to date: a statement prepared after another connection changed
   * it would otherwise be compiled against the old one, and only found out when run. All that is asked until the next
   * call must see the same schema: the caller has a transaction open, or the database to itself.
   */
  refresh(): void {
    this.#connection.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").run([], true);
    const version = this.#scalar("PRAGMA schema_version") as number;
    if (version === this.#schemaVersion) return;
    const tables = new Map<string, TableEntry>();
    for (const row of this.#rows("PRAGMA main.table_list")) {
      const { schema, name, type } = row as { schema: string; name: string; type: string };
      if (schema === "main") tables.set(fold(name), { name, type });
    }
    const roots = new Map<number, string>();
    for (const { rootpage, table } of this.#rows(
      'SELECT rootpage, tbl_name AS "table" FROM main.sqlite_schema WHERE rootpage > 0',
    ))
      roots.set(Number(rootpage), fold(String(table)));
    this.#tables = tables;
    this.#roots = roots;
    this.#viewsJoinByName = undefined;
    this.#namelessTriggers = undefined;
    this.#schemaVersion = version;
  }

  forget(): void {
    this.#schemaVersion = -1;
  }

  /** @returns `table`, `view`, `virtual` or `shadow`; `undefined` when `main` has no such table */
  typeOf(table: string): string | undefined {
    return this.#tables.get(table)?.type;
  }

  /** @param page of a tree in `main` @returns the table that it belongs to, lower-cased */
  tableAt(page: number): string | undefined {
    return this.#roots.get(page);
  }

  /** Is there a view with USING or NATURAL in it? */
  get viewsJoinByName(): boolean {
    this.#viewsJoinByName ??= this.#rows("SELECT sql FROM main.sqlite_schema WHERE type = 'view'").some(
      ({ sql }) => joinsByName(lex(String(sql), "sqlite")),
    );
    return this.#viewsJoinByName;
  }

  /** Is there a trigger or view named ""? In the authorizer's words, what it does is done by the statement itself. */
  get hasNamelessTriggers(): boolean {
    this.#namelessTriggers ??=
      this.#rows("SELECT 1 FROM main.sqlite_schema WHERE type IN ('trigger', 'view') AND name = ''").length >
      0;
    return this.#namelessTriggers;
  }

  /** Is it the name of a module, and so perhaps of a virtual table that nobody created? */
  isModule(name: string): boolean {
    this.#modules ??= new Set(this.#rows("PRAGMA module_list").map((row) => fold(String(row.name))));
    return this.#modules.has(name);
  }

  /** Does the function always give the same for the same arguments? False for all that SQLite didn't bring itself. */
  isDeterministic(name: string): boolean {
    this.#functions ??= deterministicFunctions(this.#rows("PRAGMA function_list"));
    return this.#functions.has(name);
  }

  /** Does the virtual table change nothing but itself? */
  isKnownVirtual(table: string): boolean {
    const tokens = lex(this.#definition(table), "sqlite").map(({ text }) => fold(text));
    const module = tokens[tokens.indexOf("using") + 1] ?? "";
    return knownModules.has(module);
  }

  /** @returns the primary key, if it is one column whose equal values can be told by their text */
  primaryKey(table: string): PrimaryKey | undefined {
    const entry = this.#tables.get(table);
    if (entry === undefined || entry.type !== "table") return undefined;
    if (entry.primaryKey === undefined) entry.primaryKey = this.#findPrimaryKey(entry.name) ?? null;
    return entry.primaryKey ?? undefined;
  }

  /** May a write to one row change others of the same table (a key to itself, `ON CONFLICT REPLACE`)? */
  changesOtherRows(table: string): boolean {
    const entry = this.#tables.get(table);
    if (entry === undefined) return true;
    entry.changesOtherRows ??=
      this.#rows(`PRAGMA main.foreign_key_list(${quoted(entry.name)})`).some(
        (row) => fold(String(row.table)) === table,
      ) || lex(this.#definition(table), "sqlite").some(({ text }) => fold(text) === "replace");
    return entry.changesOtherRows;
  }

  /** @returns the columns of the primary key, and all names of the rowid, lower-cased */
  keyColumns(table: string): ReadonlySet<string> {
    const names = this.#columns(table).flatMap(({ name, inKey }) => (inKey ? [name] : []));
    return new Set([...names, "rowid", "oid", "_rowid_"]);
  }

  /** Has it columns that change with others? True where that can't be known. */
  hasGeneratedColumns(table: string): boolean {
    const columns = this.#columns(table);
    return columns.length === 0 || columns.some(({ generated }) => generated);
  }

  #columns(table: string): NonNullable<TableEntry["columns"]> {
    const entry = this.#tables.get(table);
    if (entry === undefined) return [];
    entry.columns ??= this.#rows(`PRAGMA main.table_xinfo(${quoted(entry.name)})`).map((row) => ({
      name: fold(String(row.name)),
      inKey: Number(row.pk) > 0,
      generated: Number(row.hidden) !== 0,
    }));
    return entry.columns;
  }

  #findPrimaryKey(name: string): PrimaryKey | undefined {
    const keys = this.#rows(`PRAGMA main.table_xinfo(${quoted(name)})`).filter((row) => Number(row.pk) > 0);
    const [key] = keys;
    if (key === undefined || keys.length > 1) return undefined;
    const column = fold(String(key.name));
    const type = String(key.type).toUpperCase();
    const index = this.#rows(`PRAGMA main.index_list(${quoted(name)})`).find((row) => row.origin === "pk");
    // Without an index of its own, the key is the rowid.
    if (index === undefined) return type === "INTEGER" ? { column, type: "integer" } : undefined;
    const [part] = this.#rows(`PRAGMA main.index_xinfo(${quoted(String(index.name))})`);
    const isText = /CHAR|CLOB|TEXT/.test(type) && !type.includes("INT");
    if (!isText || part?.coll !== "BINARY") return undefined;
    // A key that asks for it is compared so in its index, but the column itself perhaps otherwise.
    return this.#namesBinary(fold(name)) ? undefined : { column, type: "text" };
  }

  #namesBinary(table: string): boolean {
    const words = lex(this.#definition(table), "sqlite").map(({ text }) => fold(text));
    return words.some((word, at) => word === "collate" && /^.?binary.?$/.test(words[at + 1] ?? ""));
  }

  #definition(table: string): string {
    const sql = this.#connection
      .prepare("SELECT sql FROM main.sqlite_schema WHERE name = ? AND type = 'table'")
      .run([this.#tables.get(table)?.name ?? table], true).rows[0]?.sql;
    return typeof sql === "string" ? sql : "";
  }

  #rows(sql: string): readonly Readonly<Record<string, unknown>>[] {
    return this.#connection.prepare(sql).run([], true).rows;
  }

  #scalar(sql: string): unknown {
    return Object.values(this.#rows(sql)[0] ?? {})[0];
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** @param rows of `PRAGMA function_list` @returns names of the builtin functions that are deterministic */
function deterministicFunctions(rows: readonly Readonly<Record<string, unknown>>[]): ReadonlySet<string> {
  const names = new Set<string>();
  // Aggregates and window functions carry no flag; the builtin ones are all deterministic.
  for (const row of rows)
    if (row.builtin === 1 && (row.type !== "s" || (Number(row.flags) & deterministicFlag) !== 0))
      names.add(fold(String(row.name)));
  for (const row of rows) if (row.builtin !== 1) names.delete(fold(String(row.name)));
  for (const name of volatileFunctions) names.delete(name);
  return names;
}
