/**
 * What is known of a statement without running it. Facts fail closed: whatever is not certain makes a read
 * uncacheable and a write bump everything.
 */
export interface StatementFacts {
  /**
   * - `read`: changes nothing.
   * - `write`: changes rows of `writes`.
   * - `ddl`: changes the schema or privileges; all facts and all cached results go.
   * - `transaction`: BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their like.
   * - `session`: changes the state of the connection (SET, LISTEN, temporary tables, …).
   */
  readonly kind: "read" | "write" | "ddl" | "transaction" | "session";
  /** Tables whose rows the result depends on, views resolved; ids of the engine's own making. */
  readonly reads: readonly string[];
  /** Tables that it may change, by triggers and cascades too; `"all"` when that can't be known. */
  readonly writes: readonly string[] | "all";
  /**
   * It commits the transaction under way, as DDL does on MySQL, or nobody can say that it doesn't: `transaction(fn)`
   * refuses it. @default false
   */
  readonly commits?: boolean;
  /** It may change the state of the connection, too, whatever its kind. @default false */
  readonly changesSession?: boolean;
  /** May the result be cached? Only ever true of a `read`. */
  readonly cacheable: boolean;
  /**
   * May the result for these parameters be cached? PostgreSQL reads the text `now` as the current time, for one.
   * Absent when `cacheable` holds for all parameters.
   */
  readonly cacheableFor?: (params: readonly unknown[]) => boolean;
  /** Why the result may not be cached, for people. */
  readonly reason?: string;
  /**
   * The statement touches exactly the one row of `table` whose primary key is given, and no other row of that
   * table. For a read, all of its result comes from that row.
   */
  readonly point?: PointAccess;
  /**
   * Of a read: by table, the columns that its result depends on besides which rows there are. A table that is missing
   * here may matter in all its columns.
   */
  readonly columns?: ReadonlyMap<string, readonly string[]>;
  /** Of a write: it changes only these columns, of rows of its one table; none comes or goes. */
  readonly updates?: readonly string[];
}

/** A single row of one table, named by its whole primary key (of one column). */
export interface PointAccess {
  readonly table: string;
  /** Index into the parameters, from 0, where the key stands. */
  readonly param: number;
  /**
   * The key in canonical form: values that the engine takes for the same key give the same string.
   * @returns `undefined` when that can't be said of `value`; the access then counts as one to the whole table
   */
  canonicalKey(value: unknown): string | undefined;
}
