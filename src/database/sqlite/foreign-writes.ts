import type { StatementSync } from "node:sqlite";
import type { SqliteDatabase, SqliteDatabaseStatement } from "./better-connection.ts";
import type { NodeConnection } from "./node-connection.ts";

/**
 * What others have changed since the last look. `undecided`: something changed, and whether it was our own doing will
 * be known in a moment; until then nothing may be cached.
 */
export type ForeignChange = "none" | "data" | "schema" | "undecided";

/** Tells the writes of others from our own. */
export interface ForeignWrites {
  /** Looks, and takes note of what it found. */
  poll(): ForeignChange;
  /** Our own writer is about to run a statement: a look, where that statement would cover up what others did. */
  beforeOwn(): ForeignChange;
  /** Our own writer has just run a statement. */
  afterOwn(): void;
  /** The writer thread holds the write lock and is about to commit. @returns what others did until now */
  expectCommit(): ForeignChange;
  /** The writer thread has committed. */
  committed(): void;
  /** The doubt is over. @param alone whether the writer thread alone committed since it took the lock */
  settle(alone: boolean): ForeignChange;
}

/** A database that nobody else can reach. */
export const nobodyElse: ForeignWrites = Object.freeze({
  poll: () => "none",
  beforeOwn: () => "none",
  afterOwn: () => {},
  expectCommit: () => "none",
  committed: () => {},
  settle: () => "none",
});

/**
 * Watches a file by `PRAGMA data_version`, about 1 µs a look. On one connection that number changes if and only if
 * *another* connection has committed since the last look; its own commits don't move it.
 *
 * So the watch sits on the connection that makes all inline writes and transactions: whatever moves the number there
 * is not one of them. The exception is the writer thread, whose connection is another one; its commit goes so:
 *
 * 1. The thread does its work inside BEGIN IMMEDIATE, notes its own `data_version` and says that it is ready. While it
 *    holds the write lock nobody else commits, so `expectCommit` looks now and has seen every foreign commit so far.
 * 2. The thread is told to commit. From here on a moved number is `undecided`: nothing is cached.
 * 3. After the commit `committed` takes the number, and only then the thread looks at its own again. If that hasn't
 *    moved since step 1, nobody but the thread committed up to here, and what `committed` took is ours (`settle(true)`).
 *    If it has, a stranger committed before or after we took it: `settle(false)`, and everything is void. Until then
 *    the number that was taken may hide a stranger's commit: everything is `undecided`, whether it moves or not.
 *
 * A write transaction of the watching connection itself doesn't disturb: it begins IMMEDIATE, so nobody commits in
 * the meantime.
 * @see https://www.sqlite.org/pragma.html#pragma_data_version
 */
export class FileVersions implements ForeignWrites {
  readonly #dataVersion: StatementSync;
  readonly #schemaVersion: StatementSync;
  #knownData: number;
  #knownSchema: number;
  /** `expecting`: the thread may commit at any time. `doubtful`: it has, and a stranger perhaps as well. */
  #state: "sure" | "expecting" | "doubtful" = "sure";

  /** @param connection the one that makes all writes but the writer thread's */
  constructor(connection: NodeConnection) {
    this.#dataVersion = connection.database.prepare("PRAGMA data_version");
    this.#schemaVersion = connection.database.prepare("PRAGMA schema_version");
    this.#knownData = this.#data();
    this.#knownSchema = this.#schema();
  }

  poll(): ForeignChange {
    if (this.#state === "doubtful") return "undecided";
    const data = this.#data();
    if (data === this.#knownData) return "none";
    if (this.#state === "expecting") return "undecided";
    this.#knownData = data;
    return this.#schemaMoved() ? "schema" : "data";
  }

  /**
   * Own commits don't move the number. (After an own change of the schema the next foreign commit looks like one, too;
   * that costs a refill, once.)
   */
  beforeOwn(): ForeignChange {
    return "none";
  }

  afterOwn(): void {}

  expectCommit(): ForeignChange {
    const change = this.poll();
    this.#state = "expecting";
    return change;
  }

  committed(): void {
    this.#knownData = this.#data();
    this.#state = "doubtful";
  }

  settle(alone: boolean): ForeignChange {
    this.#state = "sure";
    if (alone) return "none";
    this.#knownData = this.#data();
    return this.#schemaMoved() ? "schema" : "data";
  }

  #schemaMoved(): boolean {
    const schema = this.#schema();
    const moved = schema !== this.#knownSchema;
    this.#knownSchema = schema;
    return moved;
  }

  #data(): number {
    return this.#dataVersion.get()?.data_version as number;
  }

  #schema(): number {
    return this.#schemaVersion.get()?.schema_version as number;
  }
}

/**
 * Watches a better-sqlite3 database that its owner goes on using. On its connection, `data_version` tells the commits
 * of other connections, `total_changes()` the rows changed on it, by triggers and cascades too, and `schema_version`
 * the rest. Ours run without a break in between: what moves from `beforeOwn` to `afterOwn` is our own.
 * While its owner has a transaction open, everything is undecided: its end would leave no trace.
 */
export class GivenDatabaseVersions implements ForeignWrites {
  readonly #database: SqliteDatabase;
  readonly #versions: SqliteDatabaseStatement;
  readonly #ownTransaction: () => boolean;
  #data: string;
  #schema: string;

  /** @param ownTransaction is the transaction that is open on it, if any, ours? */
  constructor(database: SqliteDatabase, ownTransaction: () => boolean) {
    this.#database = database;
    this.#ownTransaction = ownTransaction;
    this.#versions = database.prepare(
      "SELECT total_changes() AS changes, (SELECT data_version FROM pragma_data_version) AS data, " +
        "(SELECT schema_version FROM pragma_schema_version) AS schema, " +
        "(SELECT count(*) FROM sqlite_temp_schema) AS temporary, " +
        "(SELECT count(*) FROM pragma_database_list) AS databases",
    );
    [this.#data, this.#schema] = this.#look();
  }

  poll(): ForeignChange {
    if (this.#database.inTransaction && !this.#ownTransaction()) return "undecided";
    const [data, schema] = this.#look();
    const change = schema !== this.#schema ? "schema" : data !== this.#data ? "data" : "none";
    this.#data = data;
    this.#schema = schema;
    return change;
  }

  beforeOwn(): ForeignChange {
    return this.poll();
  }

  afterOwn(): void {
    this.poll();
  }

  // No thread ever writes to it.
  expectCommit(): ForeignChange {
    return "none";
  }

  committed(): void {}

  settle(): ForeignChange {
    return "none";
  }

  #look(): [string, string] {
    const row = this.#versions.all()[0] as Record<
      "changes" | "data" | "schema" | "temporary" | "databases",
      number
    >;
    return [`${row.changes} ${row.data}`, `${row.schema} ${row.temporary} ${row.databases}`];
  }
}
