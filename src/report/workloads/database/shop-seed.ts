import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MissingDriverError, VictorError } from "../../../errors.ts";
import { thrownText } from "../../../thrown-text.ts";
import type { PostgresPlace, SqlitePlace } from "./shop-place.ts";
import { sqlitePragmas } from "./shop-place.ts";
import { createShopSql, shopRows } from "./shop-schema.ts";

/** Writes the seeded shop into a file of the work folder. */
export function seedSqlite(workDir: string, seed: number): SqlitePlace {
  const seedFile = join(workDir, "shop.db");
  const database = new DatabaseSync(seedFile);
  try {
    database.exec(sqlitePragmas);
    for (const sql of createShopSql()) database.exec(sql);
    database.exec("BEGIN");
    for (const [table, rows] of Object.entries(shopRows(seed))) {
      const insert = database.prepare(`INSERT INTO ${table} VALUES (${rows[0]?.map(() => "?").join(", ")})`);
      for (const row of rows) insert.run(...row);
    }
    database.exec("COMMIT; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
  return { engine: "sqlite", seedFile, workDir };
}

export interface SeededPostgres {
  readonly place: PostgresPlace;
  /** As the server tells it: `17.4`. */
  readonly version: string;
  /** Version of the `pg` package. */
  readonly driverVersion: string;
  /** Drops the seeded schema and every copy of it that a killed process left behind. */
  clear(): Promise<void>;
}

/**
 * Writes the seeded shop into a schema of its own on the user's server; nothing else there is touched.
 * @throws {MissingDriverError} when `pg` is not installed
 * @throws {VictorError} `VICTOR_REPORT_DATABASE` when the server can't be reached or refuses the schema
 */
export async function seedPostgres(url: string, seed: number): Promise<SeededPostgres> {
  const pg = await loadPg();
  const seedSchema = `victor_report_${randomBytes(6).toString("hex")}`;
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
  } catch (cause) {
    throw new VictorError(
      "VICTOR_REPORT_DATABASE",
      `no PostgreSQL answers at ${addressOf(url)} (${reason(cause)}); give a reachable one with --url postgres://user:password@host:5432/database`,
      { cause },
    );
  }
  // A server that goes away is told of by the statement that fails, not by this event.
  client.on("error", () => undefined);
  try {
    await client.query(`CREATE SCHEMA ${seedSchema}`);
    for (const sql of createShopSql(seedSchema)) await client.query(sql);
    for (const [table, rows] of Object.entries(shopRows(seed))) {
      // One JSON parameter carries all rows, so that no parameter limit counts.
      const json = JSON.stringify(rows);
      const columns = rows[0]?.map((value, i) => `(r->>${i})::${typeof value === "number" ? "int" : "text"}`);
      await client.query(
        `INSERT INTO ${seedSchema}.${table} SELECT ${columns?.join(", ")} FROM json_array_elements($1::json) r`,
        [json],
      );
      await client.query(`VACUUM ANALYZE ${seedSchema}.${table}`);
    }
    const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
    return {
      place: { engine: "postgres", url, seedSchema },
      version: rows[0]?.server_version ?? "unknown",
      driverVersion: pg.version,
      clear: () => dropAll(url, seedSchema),
    };
  } catch (cause) {
    throw new VictorError(
      "VICTOR_REPORT_DATABASE",
      `could not fill a schema on ${addressOf(url)} (${reason(cause)}); the user needs the CREATE privilege on the database`,
      { cause },
    );
  } finally {
    await client.end();
  }
}

async function dropAll(url: string, seedSchema: string): Promise<void> {
  const pg = await loadPg();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // A session that a killed process left behind may hold its tables for a moment, but not for ever.
    await client.query("SET lock_timeout = '10s'");
    const { rows } = await client.query<{ nspname: string }>(
      "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, $1)",
      [seedSchema],
    );
    for (const { nspname } of rows) await client.query(`DROP SCHEMA IF EXISTS ${nspname} CASCADE`);
  } finally {
    await client.end();
  }
}

async function loadPg() {
  try {
    const { default: pg } = await import("pg");
    const { createRequire } = await import("node:module");
    const { version } = createRequire(import.meta.url)("pg/package.json") as { version: string };
    return Object.assign({ version }, { Client: pg.Client });
  } catch (cause) {
    throw new MissingDriverError("pg", "victor report --engine postgres", { cause });
  }
}

/** The URL without its credentials. */
export function addressOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** A refused connection to several addresses is an AggregateError without a message of its own. */
function reason(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reason).join("; ");
  return thrownText(cause);
}
