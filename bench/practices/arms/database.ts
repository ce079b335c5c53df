import pg from "pg";
import { DatabaseOptimizer } from "../../../src/database/index.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { temporaryFile } from "../../database/arms/sqlite-databases.ts";
import type { Way } from "../../practice.ts";

interface Args {
  readonly way: Way;
  readonly url: string;
}

/** Without a URL, SQLite. */
interface Where {
  readonly way?: Way;
  readonly url?: string;
}

const summarySql = "SELECT category, count(*) AS n, sum(price) AS total FROM items GROUP BY category";
const pointSql = "SELECT name, price FROM items WHERE id = ?";
/** Rows that the summary is of. */
const many = 20_000;
/** Rows where one is read or some are added. */
const few = 1000;

/** A database with items: SQLite's in a file of its own, or a schema of its own on the server. */
async function filled(
  items: number,
  { way, url }: Where = {},
): Promise<{ db: DatabaseOptimizer; close(): Promise<void> }> {
  const file = url === undefined ? temporaryFile() : undefined;
  const db = new DatabaseOptimizer(
    url === undefined
      ? { url: `sqlite:${file!.path}` }
      : { url: `${url}?options=-csearch_path%3D${way}`, coherence: "exclusive" },
  );
  if (url !== undefined) await db.executeQuery(`CREATE SCHEMA IF NOT EXISTS ${way}`);
  await db.executeQuery("DROP TABLE IF EXISTS items");
  await db.executeQuery(
    "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, category INTEGER, price INTEGER)",
  );
  await db.executeBatch(
    "INSERT INTO items VALUES (?, ?, ?, ?)",
    Array.from({ length: items }, (_, id) => [id, `item ${id}`, id % 20, id % 97]),
  );
  return {
    db,
    async close() {
      await db.close();
      file?.remove();
    },
  };
}

async function reading(sql: string, where: Where, keys: number): Promise<Arm> {
  const { db, close } = await filled(keys === 0 ? many : few, where);
  const options = { useCache: where.way === "good" };
  const paramsOf = (i: number): readonly number[] => (keys === 0 ? [] : [i % keys]);
  // A cold cache is not the question.
  for (let i = 0; i < Math.max(keys, 1) * 2; i++) await db.executeQuery(sql, paramsOf(i), options);
  let next = 0;
  let read = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++)
        read += (await db.executeQuery(sql, paramsOf(next++), options)).rows.length;
    },
    answer: async () => (await db.executeQuery(sql, paramsOf(7), options)).rows,
    counters: () => ({ read }),
    close,
  };
}

export const summary = ({ way }: Args): Promise<Arm> => reading(summarySql, { way }, 0);
export const pointRead = ({ way }: Args): Promise<Arm> => reading(pointSql, { way }, 100);
export const pointReadOverNetwork = (args: Args): Promise<Arm> => reading(pointSql, args, 100);

export async function writtenEachTime({ way }: Args): Promise<Arm> {
  const { db, close } = await filled(many);
  const options = { useCache: way === "good" };
  const once = async (): Promise<number> => {
    await db.executeQuery("UPDATE items SET price = 1 - price WHERE id = 1");
    return (await db.executeQuery(summarySql, [], options)).rows.length;
  };
  return {
    async run(count) {
      for (let i = 0; i < count; i++) await once();
    },
    answer: once,
    close,
  };
}

async function inserting(where: Where): Promise<Arm> {
  const { db, close } = await filled(few, where);
  const sql = "INSERT INTO items VALUES (?, ?, ?, ?)";
  let next = few;
  const once = async (): Promise<void> => {
    const rows = Array.from({ length: 100 }, () => [next++, "new", 1, 1]);
    if (where.way === "good") await db.executeBatch(sql, rows);
    else for (const row of rows) await db.executeQuery(sql, row);
  };
  return {
    async run(count) {
      for (let i = 0; i < count; i++) await once();
    },
    async answer() {
      await db.executeQuery("DELETE FROM items WHERE id >= ?", [few]);
      await once();
      return (await db.executeQuery("SELECT CAST(count(*) AS INTEGER) AS n FROM items")).rows;
    },
    close,
  };
}

export const inserts = ({ way }: Args): Promise<Arm> => inserting({ way });
export const insertsOverNetwork = (args: Args): Promise<Arm> => inserting(args);

export async function connections({ way, url }: Args): Promise<Arm> {
  const db = new DatabaseOptimizer({ url });
  const sql = "SELECT 1 AS one";
  const alone = async (): Promise<readonly unknown[]> => {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query(sql);
    await client.end();
    return rows;
  };
  const once = way === "good" ? async () => (await db.executeQuery(sql)).rows : alone;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) await once();
    },
    answer: once,
    close: () => db.close(),
  };
}
