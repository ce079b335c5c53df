import type { DatabaseSync, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { reject } from "../../options.ts";
import { thrownText } from "../../thrown-text.ts";
import { decodeRecord, encodeRecord } from "./response-codec.ts";
import type { ResponseRecord, StoredResponse } from "./stored-response.ts";

/** Marks a file as ours ("VRes"), so that no other database is ever written to. */
const applicationId = 0x56526573;
const schemaVersion = 2;
/** Keys of which the removal may be owed; with more, all are. */
const maxOwed = 1000;

interface Row {
  readonly id: number;
  readonly meta: string;
  readonly body: Uint8Array;
  readonly crc: number;
}

interface Statements {
  readonly find: StatementSync;
  readonly use: StatementSync;
  readonly add: StatementSync;
  readonly drop: StatementSync;
  readonly dropKey: StatementSync;
  readonly dropAll: StatementSync;
  readonly dropOldest: StatementSync;
  readonly sum: StatementSync;
}

/** As `ResponseCache.stats()` shows it. */
export interface SqliteStoreStats {
  readonly bytes: number;
  readonly evictions: number;
  /** Calls of SQLite that failed, and rows that were broken: each a miss. */
  readonly errors: number;
  /** Why the file isn't used; `undefined` when it is. */
  readonly failure: string | undefined;
}

/**
 * Keeps responses in an SQLite file, beyond the process, bounded by bytes. Whatever fails, a broken file included, is a
 * miss, and counted; a broken file is left as it is.
 */
export class SqliteStore {
  readonly #make: (record: ResponseRecord) => StoredResponse;
  readonly #maxBytes: number;
  readonly #now: () => number;
  #database: DatabaseSync | undefined;
  #statements!: Statements;
  /** Rows of responses that are in the file. */
  readonly #ids = new WeakMap<StoredResponse, number>();
  /** What should have been removed when the file was locked: until it is, it isn't there. */
  readonly #owed = new Set<string>();
  #owesAll = false;
  #bytes = 0;
  #writes = 0;
  #evictions = 0;
  #errors = 0;
  #failure: string | undefined;

  /**
   * @param path a file, which is made when it isn't there
   * @throws {RangeError} when it is a database of something else
   */
  constructor(
    path: string,
    maxBytes: number,
    make: (record: ResponseRecord) => StoredResponse,
    now: () => number,
  ) {
    this.#make = make;
    this.#maxBytes = maxBytes;
    this.#now = now;
    try {
      this.#open(path);
    } catch (error) {
      this.#fail(error);
      if (error instanceof RangeError) throw error;
    }
  }

  get(key: string): readonly StoredResponse[] | undefined {
    return this.#attempt(() => {
      if (this.#owesAll || this.#owed.has(key)) return undefined;
      const rows = this.#statements.find.all(key) as unknown as Row[];
      if (rows.length === 0) return undefined;
      const found: StoredResponse[] = [];
      for (const row of rows) {
        const stored = this.#decoded(row);
        if (stored !== undefined) found.push(stored);
      }
      this.#statements.use.run(this.#now(), key);
      return found;
    });
  }

  /** Makes what is kept of `key` `responses`, where it was `former`. */
  set(key: string, former: readonly StoredResponse[], responses: readonly StoredResponse[]): void {
    const isDone = this.#attempt(() => {
      this.#transaction(() => {
        for (const stored of former) {
          const id = this.#ids.get(stored);
          if (id !== undefined && !responses.includes(stored)) this.#count(this.#statements.drop.all(id), -1);
        }
        for (const stored of responses) if (!this.#ids.has(stored)) this.#add(key, stored);
        while (this.#bytes > this.#maxBytes) {
          const dropped = this.#statements.dropOldest.all();
          if (dropped.length === 0) break;
          this.#count(dropped, -1);
          this.#evictions += dropped.length;
        }
      });
      // Other processes write to the file too.
      if (++this.#writes % 256 === 0) this.#sum();
      return true;
    });
    // What is in the file is older now than what should be.
    if (isDone !== true && this.#database !== undefined) this.#owe(key);
  }

  delete(key: string): void {
    if (this.#database === undefined) return;
    this.#owe(key);
    this.#attempt(() => undefined);
  }

  clear(): void {
    this.#owesAll = true;
    this.#attempt(() => undefined);
  }

  stats(): SqliteStoreStats {
    return {
      bytes: this.#bytes,
      evictions: this.#evictions,
      errors: this.#errors,
      failure: this.#failure,
    };
  }

  close(): void {
    const database = this.#database;
    this.#attempt(() => undefined);
    this.#database = undefined;
    database?.close();
  }

  #open(path: string): void {
    // Only now: most processes have no need of it.
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const database = new DatabaseSync(path, { timeout: 50 });
    this.#database = database;
    const id = database.prepare("PRAGMA application_id").get()!.application_id;
    const { tables } = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()!;
    if (id !== applicationId && (id !== 0 || tables !== 0))
      reject("sqlite.path", "a new file, or one that a response cache has made", path);
    const version = database.prepare("PRAGMA user_version").get()!.user_version;
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    if (version !== schemaVersion) database.exec("DROP TABLE IF EXISTS responses");
    database.exec(`
      PRAGMA application_id = ${applicationId};
      PRAGMA user_version = ${schemaVersion};
      CREATE TABLE IF NOT EXISTS responses (id INTEGER PRIMARY KEY, key TEXT NOT NULL, meta TEXT NOT NULL,
        body BLOB NOT NULL, crc INTEGER NOT NULL, bytes INTEGER NOT NULL, used INTEGER NOT NULL);
      CREATE INDEX IF NOT EXISTS responses_by_key ON responses (key);
      CREATE INDEX IF NOT EXISTS responses_by_use ON responses (used);
    `);
    const prepare = (sql: string): StatementSync => database.prepare(sql);
    this.#statements = {
      find: prepare("SELECT id, meta, body, crc FROM responses WHERE key = ? ORDER BY id"),
      use: prepare("UPDATE responses SET used = ? WHERE key = ?"),
      add: prepare("INSERT INTO responses (key, meta, body, crc, bytes, used) VALUES (?, ?, ?, ?, ?, ?)"),
      drop: prepare("DELETE FROM responses WHERE id = ? RETURNING bytes"),
      dropKey: prepare("DELETE FROM responses WHERE key = ? RETURNING bytes"),
      dropAll: prepare("DELETE FROM responses"),
      dropOldest: prepare(
        "DELETE FROM responses WHERE id IN (SELECT id FROM responses ORDER BY used LIMIT 8) RETURNING bytes",
      ),
      sum: prepare("SELECT coalesce(sum(bytes), 0) AS bytes FROM responses"),
    };
    this.#sum();
  }

  #add(key: string, stored: StoredResponse): void {
    const { record, weight } = stored;
    if (weight > this.#maxBytes) return;
    const meta = encodeRecord(record);
    const bytes = meta.length + record.body.byteLength + key.length + 64;
    const { lastInsertRowid } = this.#statements.add.run(
      key,
      meta,
      record.body,
      crc32(record.body),
      bytes,
      this.#now(),
    );
    this.#ids.set(stored, Number(lastInsertRowid));
    this.#bytes += bytes;
  }

  #decoded(row: Row): StoredResponse | undefined {
    try {
      if (crc32(row.body) !== row.crc) throw new Error("response body: not as it was written");
      const stored = this.#make(decodeRecord(row.meta, row.body));
      this.#ids.set(stored, row.id);
      return stored;
    } catch {
      // A broken row is as good as none.
      this.#errors++;
      this.#count(this.#statements.drop.all(row.id), -1);
      return undefined;
    }
  }

  #owe(key: string): void {
    if (this.#owesAll) return;
    this.#owed.add(key);
    if (this.#owed.size <= maxOwed) return;
    this.#owesAll = true;
    this.#owed.clear();
  }

  #payOwed(): void {
    if (this.#owesAll) {
      this.#statements.dropAll.run();
      this.#bytes = 0;
    } else for (const key of this.#owed) this.#count(this.#statements.dropKey.all(key), -1);
    this.#owesAll = false;
    this.#owed.clear();
  }

  #attempt<T>(work: () => T): T | undefined {
    if (this.#database === undefined) return undefined;
    try {
      if (this.#owesAll || this.#owed.size > 0) this.#payOwed();
      return work();
    } catch (error) {
      this.#errors++;
      if (isBroken(error)) this.#fail(error, false);
      return undefined;
    }
  }

  #transaction(work: () => void): void {
    const database = this.#database!;
    database.exec("BEGIN IMMEDIATE");
    try {
      work();
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }

  #fail(error: unknown, counts = true): void {
    if (counts) this.#errors++;
    this.#failure = thrownText(error);
    const database = this.#database;
    this.#database = undefined;
    if (database?.isOpen) database.close();
  }

  #count(rows: readonly unknown[], sign: number): void {
    for (const row of rows) this.#bytes += sign * (row as { readonly bytes: number }).bytes;
  }

  #sum(): void {
    this.#bytes = (this.#statements.sum.get() as unknown as { readonly bytes: number }).bytes;
  }
}

const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

/** Whether the file is no use any longer; a lock or a full disk passes. */
function isBroken(error: unknown): boolean {
  const code = (error as { readonly errcode?: unknown } | null)?.errcode;
  return typeof code === "number" && ((code & 0xff) === sqliteCorrupt || code === sqliteNotADatabase);
}
