import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Arm } from "../../../measure/arm.ts";
import { type ShopExecutor, type ShopWork, shopArm } from "./shop-arm.ts";
import { type ShopRow, shopSql, shopStatements } from "./shop-operations.ts";
import { copyShopFile, type SqlitePlace, sqlitePragmas } from "./shop-place.ts";

/** What is used of a prepared statement; `node:sqlite` and `better-sqlite3` both have it. */
interface Prepared {
  get(...params: number[]): unknown;
  all(...params: number[]): unknown[];
  run(...params: number[]): unknown;
}
interface Sqlite {
  prepare(sql: string): Prepared;
  exec(sql: string): unknown;
  close(): unknown;
}
/** What `better-sqlite3` exports. */
type OpenSqlite = new (file: string) => Sqlite;

export interface ShopSqliteArgs extends ShopWork {
  readonly place: SqlitePlace;
}

/** Prepared statements of `node:sqlite`, kept in a Map by their text, called directly. */
export function plain(args: ShopSqliteArgs): Promise<Arm> {
  const database = new DatabaseSync(copyShopFile(args.place));
  return shopArm(
    args,
    executor({
      prepare: (sql) => database.prepare(sql) as StatementSync,
      exec: (sql) => database.exec(sql),
      close: () => database.close(),
    }),
  );
}

/** The same with `better-sqlite3`. */
export async function betterSqlite(args: ShopSqliteArgs & { readonly peerUrl: string }): Promise<Arm> {
  const { default: Database } = (await import(args.peerUrl)) as { default: OpenSqlite };
  return shopArm(args, executor(new Database(copyShopFile(args.place))));
}

function executor(database: Sqlite): ShopExecutor {
  database.exec(sqlitePragmas);
  const statements = new Map<string, Prepared>();
  const prepared = (sql: string): Prepared => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  };
  const sql = shopSql();
  return {
    execute: (index, params) => {
      const statement = prepared(sql[index] as string);
      const { single, write } = shopStatements[index] as (typeof shopStatements)[number];
      if (write) statement.run(...params);
      else if (single) return { rows: [statement.get(...params) as ShopRow] };
      else return { rows: statement.all(...params) as ShopRow[] };
      return { rows: [] };
    },
    table: (name) => prepared(`SELECT * FROM ${name} ORDER BY id`).all() as ShopRow[],
    close: () => void database.close(),
  };
}
