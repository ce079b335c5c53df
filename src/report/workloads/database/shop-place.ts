import { randomBytes } from "node:crypto";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { createShopSql, shopTables } from "./shop-schema.ts";

/** Where the seeded shop lies, to be copied by every process that works on it. */
export type ShopPlace =
  | { readonly engine: "sqlite"; readonly seedFile: string; readonly workDir: string }
  | { readonly engine: "postgres"; readonly url: string; readonly seedSchema: string };

export type SqlitePlace = Extract<ShopPlace, { engine: "sqlite" }>;
export type PostgresPlace = Extract<ShopPlace, { engine: "postgres" }>;

/** Journal and durability of every variant on SQLite, as services commonly run it. */
export const sqliteSettings = Object.freeze({ journal_mode: "WAL", synchronous: "NORMAL" });
export const sqlitePragmas = Object.entries(sqliteSettings)
  .map(([name, value]) => `PRAGMA ${name} = ${value};`)
  .join(" ");

/** @returns path of a fresh copy of the seeded file, this process's own */
export function copyShopFile(place: SqlitePlace): string {
  const file = join(place.workDir, `shop-${process.pid}-${randomBytes(4).toString("hex")}.db`);
  copyFileSync(place.seedFile, file);
  return file;
}

/** @returns name of a schema that holds a fresh copy of the seeded tables, this process's own */
export async function copyShopSchema({ url, seedSchema }: PostgresPlace): Promise<string> {
  const schema = `${seedSchema}_${process.pid}_${randomBytes(4).toString("hex")}`;
  const statements = [`CREATE SCHEMA ${schema}`, ...createShopSql(schema)];
  for (const { name } of shopTables)
    statements.push(
      `INSERT INTO ${schema}.${name} SELECT * FROM ${seedSchema}.${name} ORDER BY id`,
      `VACUUM ANALYZE ${schema}.${name}`,
    );
  await runPostgres(url, statements);
  return schema;
}

/** Removes what `copyShopSchema` made. */
export async function dropShopSchema({ url }: PostgresPlace, schema: string): Promise<void> {
  await runPostgres(url, [`DROP SCHEMA ${schema} CASCADE`]);
}

async function runPostgres(url: string, statements: readonly string[]): Promise<void> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
}
