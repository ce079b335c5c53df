import { AuthorizerFacts } from "./authorizer-facts.ts";
import { BetterConnection, type SqliteDatabase } from "./better-connection.ts";
import type { SqliteConnection } from "./connection.ts";
import { FileVersions, type ForeignWrites, GivenDatabaseVersions, nobodyElse } from "./foreign-writes.ts";
import { NodeConnection } from "./node-connection.ts";
import type { ResolvedSqliteOptions } from "./options.ts";
import { SchemaReplica } from "./schema-replica.ts";

/** The open database: its connections, and what watches them. */
export interface Store {
  /** For reads outside of transactions. */
  readonly reader: SqliteConnection;
  /** For writes and transactions; the reader itself where there can be but one connection. */
  readonly writer: SqliteConnection;
  readonly facts: Pick<AuthorizerFacts, "examine" | "forget">;
  readonly foreign: ForeignWrites;
  /** Path of the file, when threads can open it as well. */
  readonly threadPath: string | undefined;
  /** Is it the caller's own, to be left open? */
  readonly given: boolean;
  close(): void;
}

/** @param ownTransaction is a transaction of ours open? */
export function openStore(options: ResolvedSqliteOptions, ownTransaction: () => boolean): Store {
  if (options.database !== undefined) return openGiven(options.database, ownTransaction);
  const path = options.path!;
  return isMemory(path) ? openMemory(path, options) : openFile(path, options);
}

/** An in-memory or temporary database exists only on its own connection. */
function isMemory(path: string): boolean {
  return path === ":memory:";
}

function openMemory(path: string, options: ResolvedSqliteOptions): Store {
  const only = new NodeConnection(path);
  setPragmas(only, options.pragmas);
  return {
    reader: only,
    writer: only,
    facts: new AuthorizerFacts(only, false),
    foreign: nobodyElse,
    threadPath: undefined,
    given: false,
    close: () => only.close(),
  };
}

/**
 * One connection writes, another reads, so that reads see what is committed while a transaction is open. The reader is
 * opened read-only: a write that was taken for a read would fail rather than go unnoticed.
 */
function openFile(path: string, options: ResolvedSqliteOptions): Store {
  const { readOnly } = options;
  const opened: NodeConnection[] = [];
  const open = (only: boolean): NodeConnection => {
    const connection = new NodeConnection(path, { readOnly: only });
    opened.push(connection);
    // On a read-only connection, journal_mode can't be set, and is the file's own anyway.
    const { journal_mode, ...others } = options.pragmas;
    setPragmas(connection, only ? others : options.pragmas);
    return connection;
  };
  const close = (): void => {
    // The writer last: who closes last tidies the write-ahead log away, and a read-only connection can't.
    for (const connection of opened.toReversed()) connection.close();
  };
  try {
    const writer = open(readOnly);
    const reader = open(true);
    const facts = new AuthorizerFacts(reader, true);
    // The connection that neither writes nor holds a transaction for long sees the others best.
    const foreign = new FileVersions(readOnly ? reader : writer);
    return { reader, writer, facts, foreign, threadPath: path, given: false, close };
  } catch (error) {
    close();
    throw error;
  }
}

function openGiven(database: SqliteDatabase, ownTransaction: () => boolean): Store {
  const only = new BetterConnection(database);
  const facts = new SchemaReplica(database);
  return {
    reader: only,
    writer: only,
    facts,
    foreign: new GivenDatabaseVersions(database, ownTransaction),
    threadPath: undefined,
    given: true,
    close: () => {
      only.close();
      facts.forget();
    },
  };
}

/** Has the connection temporary or attached objects, which no other one sees? Facts can't be learned elsewhere then. */
export function hasOwnObjects(connection: SqliteConnection): boolean {
  const { rows } = connection
    .prepare(
      "SELECT EXISTS (SELECT 1 FROM sqlite_temp_schema) " +
        "OR EXISTS (SELECT 1 FROM pragma_database_list WHERE name NOT IN ('main', 'temp')) AS own",
    )
    .run([], true);
  return rows[0]?.own === 1;
}

export function setPragmas(
  connection: NodeConnection,
  pragmas: Readonly<Record<string, string | number>>,
): void {
  for (const [name, value] of Object.entries(pragmas)) connection.database.exec(`PRAGMA ${name} = ${value}`);
}
