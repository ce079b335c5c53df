import { constants } from "node:sqlite";
import { fold } from "../sql/fold.ts";
import type { Token } from "../sql/sql-lexer.ts";
import type { StatementFacts } from "../statement-facts.ts";
import { joinsByName } from "./joined-by-name.ts";
import type { NodeConnection, NodeStatement } from "./node-connection.ts";
import { type OpenedTrees, openedTrees } from "./opened-trees.ts";
import { pointAccess } from "./point-access.ts";
import { SchemaCatalog } from "./schema-catalog.ts";
import { classify } from "./statement-kind.ts";

/** Facts, and the statement that was prepared to learn them, on the connection that they were learned from. */
export interface ExaminedStatement {
  readonly facts: StatementFacts;
  readonly statement?: NodeStatement;
  /** False when it couldn't be prepared: perhaps it can be, later or elsewhere. */
  readonly known: boolean;
}

/** One call of SQLite's authorizer. */
interface Action {
  readonly code: number;
  readonly first: string;
  readonly second: string;
  /** `main`, `temp`, an attached database's name, or empty where SQLite doesn't say. */
  readonly database: string;
  /** The trigger or view on whose behalf; empty for the statement itself. */
  readonly behalf: string;
}

/** Table-valued functions that come with SQLite and depend on nothing but their arguments. */
const tableFunctions = new Set(["json_each", "json_tree", "jsonb_each", "jsonb_tree", "generate_series"]);

/**
 * Learns what a statement touches from SQLite itself: while a statement is compiled, the authorizer is told of tables,
 * through views, triggers and foreign-key cascades, and of every function; the compiled program shows the rest of what
 * it reads. Whatever is not certain makes a read uncacheable and a write one that changes everything.
 *
 * Where the statements run on other connections, this one compiles with `recursive_triggers` and `foreign_keys` on, so
 * that it never sees less than they do.
 * @see https://www.sqlite.org/c3ref/set_authorizer.html
 */
export class AuthorizerFacts {
  readonly #connection: NodeConnection;
  readonly #catalog: SchemaCatalog;
  readonly #userFunctions: () => ReadonlySet<string>;
  #actions: Action[] | undefined;

  /**
   * @param connection one whose authorizer nobody else sets
   * @param forOthers whether statements will run on other connections than this one, whose flags may differ
   * @param userFunctions lower-cased names of functions that mean something else where the statements will run
   */
  constructor(
    connection: NodeConnection,
    forOthers: boolean,
    userFunctions: () => ReadonlySet<string> = () => new Set(),
  ) {
    this.#connection = connection;
    this.#catalog = new SchemaCatalog(connection);
    this.#userFunctions = userFunctions;
    if (forOthers) connection.database.exec("PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = ON");
    connection.database.setAuthorizer((code, first, second, database, behalf) => {
      this.#actions?.push({
        code,
        first: first ?? "",
        second: second ?? "",
        database: database ?? "",
        behalf: behalf ?? "",
      });
      return constants.SQLITE_OK;
    });
  }

  /** @param tokens of `sql`, one statement */
  examine(sql: string, tokens: readonly Token[]): ExaminedStatement {
    const form = classify(tokens);
    if (form !== "query") return { facts: formFacts[form], known: true };
    const actions: Action[] = [];
    const { database } = this.#connection;
    let ownSnapshot = false;
    try {
      // All that is looked at must be of one schema, whatever other processes change meanwhile.
      if (!database.isTransaction) {
        database.exec("BEGIN");
        ownSnapshot = true;
      }
      this.#catalog.refresh();
      this.#actions = actions;
      const prepared = database.prepare(sql);
      this.#actions = undefined;
      const facts = this.#interpret(actions, openedTrees(this.#connection, sql), tokens);
      return { facts, statement: this.#connection.keep(sql, prepared), known: true };
    } catch (error) {
      return unknownStatement(String((error as Error).message), tokens);
    } finally {
      this.#actions = undefined;
      if (ownSnapshot) database.exec("COMMIT");
    }
  }

  /** Forgets what it knows of the schema; needed after a rollback, which may give a version number out twice. */
  forget(): void {
    this.#catalog.forget();
  }

  #interpret(actions: readonly Action[], trees: OpenedTrees, tokens: readonly Token[]): StatementFacts {
    const notes = new Notes(this.#catalog, this.#userFunctions());
    for (const action of actions) notes.take(action);
    notes.takeTrees(trees, tokens);
    return notes.facts(tokens);
  }
}

const { SQLITE_READ, SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE, SQLITE_FUNCTION } = constants;
const harmless: ReadonlySet<number> = new Set([constants.SQLITE_SELECT, constants.SQLITE_RECURSIVE]);

/** Sums up the actions of one statement, and what its program opens. */
class Notes {
  readonly #catalog: SchemaCatalog;
  readonly #userFunctions: ReadonlySet<string>;
  /** Table to columns read; `undefined` where these aren't known. */
  readonly #reads = new Map<string, Set<string> | undefined>();
  readonly #writes = new Set<string>();
  readonly #updated = new Set<string>();
  #isWrite = false;
  #writesAll = false;
  #indirect = false;
  /** Does it insert or delete, perhaps besides updating? */
  #inserts = false;
  #throughView = false;
  #reason: string | undefined;

  constructor(catalog: SchemaCatalog, userFunctions: ReadonlySet<string>) {
    this.#catalog = catalog;
    this.#userFunctions = userFunctions;
  }

  take(action: Action): void {
    const { code, first, second } = action;
    if (code === SQLITE_READ) this.#read(fold(first), fold(second), action.database);
    else if (code === SQLITE_INSERT || code === SQLITE_UPDATE || code === SQLITE_DELETE)
      this.#write(fold(first), action);
    else if (code === SQLITE_FUNCTION) this.#call(fold(second));
    else if (!harmless.has(code)) this.#unknown(`it does more than read and write (action ${code})`);
  }

  /** Adds the tables that the authorizer wasn't told of. */
  takeTrees({ roots, virtual, elsewhere }: OpenedTrees, tokens: readonly Token[]): void {
    for (const page of roots) {
      const table = this.#catalog.tableAt(page) ?? "sqlite_schema";
      if (this.#catalog.typeOf(table) !== "table" || table.startsWith("sqlite_"))
        this.#uncacheable(`it reads ${table}, which is no ordinary table`);
      else if (!this.#reads.has(table)) this.#reads.set(table, undefined);
    }
    if (elsewhere) this.#uncacheable("it reads another database than main");
    if (virtual && (joinsByName(tokens) || this.#catalog.viewsJoinByName))
      this.#uncacheable("it may join a virtual table by USING or NATURAL, of which SQLite doesn't tell");
  }

  facts(tokens: readonly Token[]): StatementFacts {
    const reads = [...this.#reads.keys()].map((table) => `main.${table}`);
    const reason = this.#reason;
    if (!this.#isWrite) {
      const cacheable = reason === undefined;
      const point = cacheable && this.#reads.size === 1 ? this.#point(tokens, this.#reads.keys()) : undefined;
      const columns = cacheable && point === undefined ? this.#columns(tokens) : undefined;
      return {
        kind: "read",
        reads,
        writes: this.#writesAll ? "all" : [],
        cacheable,
        ...(reason !== undefined && { reason }),
        ...(point && { point }),
        ...(columns && { columns }),
      };
    }
    if (this.#writesAll)
      return { kind: "write", reads, writes: "all", cacheable: false, reason: reason ?? "it writes" };
    const writes = [...this.#writes].map((table) => `main.${table}`);
    // What it reads of other tables is for foreign keys: the shapes of a point access have no subqueries.
    const alone = this.#writes.size === 1 && !this.#indirect && !this.#catalog.hasNamelessTriggers;
    const point = alone ? this.#point(tokens, this.#writes) : undefined;
    const updates = alone ? this.#updates(tokens) : undefined;
    return {
      kind: "write",
      reads,
      writes,
      cacheable: false,
      reason: "it writes",
      ...(point && { point }),
      ...(updates && { updates }),
    };
  }

  #point(tokens: readonly Token[], tables: Iterable<string>) {
    const [table] = tables;
    return table === undefined ? undefined : pointAccess(tokens, table, this.#catalog);
  }

  /** The authorizer isn't told of the columns of USING and NATURAL, and perhaps not of a view's. */
  #columns(tokens: readonly Token[]): ReadonlyMap<string, readonly string[]> | undefined {
    if (this.#throughView || joinsByName(tokens)) return undefined;
    const known = new Map<string, readonly string[]>();
    for (const [table, columns] of this.#reads)
      if (columns !== undefined && !this.#catalog.hasGeneratedColumns(table))
        known.set(`main.${table}`, [...columns]);
    return known;
  }

  /** `UPDATE t SET …` keeps its rows; `UPDATE OR REPLACE`, `ON CONFLICT REPLACE` or a new key may remove some. */
  #updates(tokens: readonly Token[]): readonly string[] | undefined {
    const [table] = this.#writes;
    if (table === undefined || fold(tokens[0]?.text ?? "") !== "update") return undefined;
    if (fold(tokens[1]?.text ?? "") === "or" || this.#inserts) return undefined;
    if (this.#catalog.changesOtherRows(table) || this.#catalog.hasGeneratedColumns(table)) return undefined;
    const key = this.#catalog.keyColumns(table);
    const updated = [...this.#updated];
    return updated.some((column) => key.has(column)) ? undefined : updated;
  }

  #read(table: string, column: string, database: string): void {
    if (database !== "" && database !== "main") this.#uncacheable(`it reads the ${database} database`);
    const type = this.#catalog.typeOf(table);
    if (type === "table" && !table.startsWith("sqlite_")) {
      const columns = this.#reads.get(table) ?? new Set();
      // A table of which no column matters comes with an empty name.
      if (column !== "") columns.add(column);
      this.#reads.set(table, columns);
    } else if (type === "view") this.#throughView = true;
    else if (type === undefined && tableFunctions.has(table)) return;
    // Without a database's name it is a common table expression or a subquery.
    else if (type === undefined && database === "" && !this.#catalog.isModule(table)) {
      if (/^(sqlite|pragma)_/.test(table)) this.#uncacheable(`it reads ${table}`);
    } else this.#uncacheable(`it reads ${table}, which is no ordinary table`);
  }

  #write(table: string, { code, second, database, behalf }: Action): void {
    this.#isWrite = true;
    if (code === SQLITE_UPDATE) this.#updated.add(fold(second));
    else this.#inserts = true;
    if (behalf !== "") this.#indirect = true;
    const type = this.#catalog.typeOf(table);
    if (type === "view") return;
    const plain = type === "table" || (type === "virtual" && this.#catalog.isKnownVirtual(table));
    if (database === "main" && plain && !table.startsWith("sqlite_")) this.#writes.add(table);
    else this.#unknown(`it writes ${database}.${table}, which is no ordinary table`);
  }

  #call(name: string): void {
    if (this.#userFunctions.has(name)) this.#unknown(`it calls the user function ${name}()`);
    // Of a builtin function it is known that it writes nothing.
    else if (!this.#catalog.isDeterministic(name))
      this.#uncacheable(`it calls ${name}(), which may differ from call to call`);
  }

  #unknown(reason: string): void {
    this.#writesAll = true;
    this.#uncacheable(reason);
  }

  #uncacheable(reason: string): void {
    this.#reason ??= reason;
  }
}

/** @returns what is said of a statement of which nothing can be known: SELECT and VALUES alone surely write nothing */
export function unknownStatement(reason: string, tokens: readonly Token[]): ExaminedStatement {
  const reads = /^(select|values)$/i.test(tokens[0]?.text ?? "");
  const kind = reads ? "read" : "write";
  return { facts: { kind, reads: [], writes: reads ? [] : "all", cacheable: false, reason }, known: false };
}

const plainFacts = (kind: StatementFacts["kind"], writes: StatementFacts["writes"], reason: string) =>
  Object.freeze({ kind, reads: [], writes, cacheable: false, reason }) satisfies StatementFacts;

/** Facts of statements that their first words tell enough about. */
const formFacts = Object.freeze({
  inspection: plainFacts("read", [], "it inspects the database itself"),
  ddl: plainFacts("ddl", "all", "it changes the schema"),
  session: plainFacts("session", "all", "it changes the state of the connection"),
  transaction: plainFacts("transaction", [], "it begins or ends a transaction"),
  savepoint: plainFacts("transaction", [], "it sets or ends a savepoint"),
});
