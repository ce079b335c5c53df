import { fold } from "../sql/fold.ts";
import type { Token } from "../sql/sql-lexer.ts";
import { AuthorizerFacts, type ExaminedStatement, unknownStatement } from "./authorizer-facts.ts";
import type { SqliteDatabase } from "./better-connection.ts";
import { NodeConnection } from "./node-connection.ts";

/**
 * Learns facts for a database that belongs to another driver, from an empty copy of its schema in memory. Opening the
 * file itself would be dangerous: two copies of SQLite in one process don't see each other's locks, and the one that
 * closes the file drops those of the other.
 * @see https://www.sqlite.org/howtocorrupt.html#multiple_copies_of_sqlite_linked_into_the_same_application
 */
export class SchemaReplica {
  readonly #database: SqliteDatabase;
  #version: unknown;
  #connection: NodeConnection | undefined;
  #facts: AuthorizerFacts | undefined;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** As {@link AuthorizerFacts}; nothing is known when a part of the schema can't be copied. */
  examine(sql: string, tokens: readonly Token[]): ExaminedStatement {
    const version = this.#read("PRAGMA schema_version")[0]?.schema_version;
    if (version !== this.#version) {
      this.forget();
      this.#facts = this.#copy();
      this.#version = version;
    }
    if (this.#facts !== undefined) return this.#facts.examine(sql, tokens);
    return unknownStatement("its schema uses what only its own driver knows", tokens);
  }

  forget(): void {
    this.#version = undefined;
    this.#facts = undefined;
    this.#connection?.close();
    this.#connection = undefined;
  }

  #copy(): AuthorizerFacts | undefined {
    const connection = new NodeConnection(":memory:", { enableForeignKeyConstraints: false });
    try {
      for (const sql of this.#definitions()) connection.database.exec(sql);
    } catch {
      // A missing trigger or table would make facts that say too little: better none at all.
      connection.close();
      return undefined;
    }
    this.#connection = connection;
    return new AuthorizerFacts(connection, true, () => this.#ownFunctions());
  }

  /** Tables come first; those that a virtual table or SQLite itself makes are made anew by it. */
  #definitions(): string[] {
    const rows = this.#read(
      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' " +
        "AND name NOT IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow') " +
        "ORDER BY type <> 'table', type <> 'index', type <> 'view', rowid",
    );
    return rows.map(({ sql }) => String(sql));
  }

  /** Functions that are not SQLite's own: they may shadow those that are. */
  #ownFunctions(): ReadonlySet<string> {
    const rows = this.#read("SELECT DISTINCT name FROM pragma_function_list WHERE NOT builtin");
    return new Set(rows.map(({ name }) => fold(String(name))));
  }

  #read(sql: string): readonly Readonly<Record<string, unknown>>[] {
    return this.#database.prepare(sql).all() as Record<string, unknown>[];
  }
}
