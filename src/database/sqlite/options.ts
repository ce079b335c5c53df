import { durationMs, finite, integer, knownKeys, reject } from "../../options.ts";
import type { SqliteDatabase } from "./better-connection.ts";

/** Where the data are, and how they are kept. Give either `path` or `database`. */
export interface SqliteOptions {
  /** A file, or `:memory:`, which always runs inside the process's own thread. */
  readonly path?: string;
  /** An open better-sqlite3 database, used as it is: its pragmas stay, and nothing leaves the main thread. */
  readonly database?: SqliteDatabase;
  /**
   * Milliseconds > 0 that a statement may hold the event loop; one that took longer runs on a thread from then on,
   * until it has proven short there. A statement's first run, and all statements of a transaction, run in place.
   * @default 2
   */
  readonly blockBudgetMs?: number;
  /** Threads for long reads, 1 to 64, started when first needed. @default 2 */
  readonly readers?: number;
  /**
   * Milliseconds ≥ 0 to wait for another process's lock before the driver's own "database is locked" is passed on,
   * without blocking the event loop; the operation's deadline holds as well.
   * @default 5000
   */
  readonly busyTimeoutMs?: number;
  /** Refuses every write. The file must exist. No effect with `database`. @default false */
  readonly readOnly?: boolean;
  /**
   * Pragmas set on every connection, over the defaults `journal_mode: "WAL"`, `synchronous: "FULL"`,
   * `foreign_keys: "ON"`. With `FULL`, a committed row survives a power failure; `synchronous: "NORMAL"` commits
   * without waiting for the disk, and may lose the last commits to a power failure (not to a killed process).
   * No effect with `database`.
   */
  readonly pragmas?: Readonly<Record<string, string | number>>;
}

/** Checked options, defaults filled in. */
export interface ResolvedSqliteOptions {
  readonly path: string | undefined;
  readonly database: SqliteDatabase | undefined;
  readonly blockBudgetMs: number;
  readonly readers: number;
  readonly busyTimeoutMs: number;
  readonly readOnly: boolean;
  readonly pragmas: Readonly<Record<string, string | number>>;
}

const defaults = Object.freeze({ blockBudgetMs: 2, readers: 2, busyTimeoutMs: 5000, readOnly: false });
const defaultPragmas = Object.freeze({ journal_mode: "WAL", synchronous: "FULL", foreign_keys: "ON" });

/** @throws {TypeError | RangeError} naming the wrong option */
export function resolveSqliteOptions(options: SqliteOptions): ResolvedSqliteOptions {
  knownKeys("sqlite", options, [
    "path",
    "database",
    "blockBudgetMs",
    "readers",
    "busyTimeoutMs",
    "readOnly",
    "pragmas",
  ]);
  const { path, database, pragmas = {} } = options;
  if ((path === undefined) === (database === undefined))
    throw new TypeError("sqlite: expected either path or database");
  if (path !== undefined && (typeof path !== "string" || path === ""))
    reject("path", "a file's path or :memory:", path);
  if (
    database !== undefined &&
    (typeof database?.prepare !== "function" || typeof database.name !== "string")
  )
    throw new TypeError("database: expected an open better-sqlite3 database");
  const readOnly = options.readOnly ?? defaults.readOnly;
  if (typeof readOnly !== "boolean") reject("readOnly", "true or false", readOnly);
  return {
    path,
    database,
    blockBudgetMs: finite("blockBudgetMs", options.blockBudgetMs ?? defaults.blockBudgetMs, 0.001),
    readers: integer("readers", options.readers ?? defaults.readers, 1, 64),
    busyTimeoutMs: durationMs("busyTimeoutMs", options.busyTimeoutMs ?? defaults.busyTimeoutMs),
    readOnly,
    pragmas: { ...defaultPragmas, ...checkedPragmas(pragmas) },
  };
}

function checkedPragmas(pragmas: Readonly<Record<string, string | number>>): Record<string, string | number> {
  if (typeof pragmas !== "object" || pragmas === null) reject("pragmas", "names with values", pragmas);
  const checked: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(pragmas)) {
    const key = name.toLowerCase();
    if (!/^[a-z_]+$/.test(key)) reject("pragmas", "names of letters and _", name);
    if (!(Number.isSafeInteger(value) || (typeof value === "string" && /^\w+$/.test(value))))
      reject(`pragmas.${name}`, "an integer or a word", value);
    checked[key] = value;
  }
  return checked;
}
