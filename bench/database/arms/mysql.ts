import { randomBytes } from "node:crypto";
import mysql from "mysql2/promise";
import { DatabaseOptimizer, type DatabaseOptimizerOptions } from "../../../src/database/index.ts";
import type { Arm } from "../../../src/measure/index.ts";

/** Every reading arm reads the name of a user by id, of so many users, in turn. */
export const users = 5_000;
export const batchRows = 1_000;

type User = { readonly id: number; readonly name: string };
type Read = (id: number) => Promise<User>;
interface Args {
  readonly url: string;
  /** Of the users, how many are read; few of them fit the cache. */
  readonly span: number;
  readonly options?: DatabaseOptimizerOptions;
}

const sql = "SELECT id, name FROM users WHERE id = ?";
const pooled = { connectionLimit: 4, supportBigNumbers: true, timezone: "Z" };

function reading(span: number, read: Read, close: () => Promise<void>): Arm {
  let next = 0;
  let length = 0;
  return {
    async run(count) {
      for (; count > 0; count--) length += (await read(next++ % span)).name.length;
    },
    answer: async () => [await read(0), await read(span - 1)],
    counters: () => ({ length }),
    close,
  };
}

/** What is written without us: mysql2's pool, and a statement that it keeps prepared. */
export function poolExecute(args: unknown): Arm {
  const { url, span } = args as Args;
  const pool = mysql.createPool({ uri: url, ...pooled });
  const read: Read = async (id) => (await pool.execute<mysql.RowDataPacket[]>(sql, [id]))[0][0] as User;
  return reading(span, read, () => pool.end());
}

/** The same as text, with the value written into it by mysql2. */
export function poolQuery(args: unknown): Arm {
  const { url, span } = args as Args;
  const pool = mysql.createPool({ uri: url, ...pooled });
  const read: Read = async (id) => (await pool.query<mysql.RowDataPacket[]>(sql, [id]))[0][0] as User;
  return reading(span, read, () => pool.end());
}

/** A map in front of the pool: no bounds, no expiry, and nobody tells it of writes. */
export function mapInFront(args: unknown): Arm {
  const { url, span } = args as Args;
  const pool = mysql.createPool({ uri: url, ...pooled });
  const known = new Map<number, User>();
  const read: Read = async (id) => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const [rows] = await pool.execute<mysql.RowDataPacket[]>(sql, [id]);
    known.set(id, rows[0] as User);
    return rows[0] as User;
  };
  return reading(span, read, () => pool.end());
}

export async function optimizer(args: unknown): Promise<Arm> {
  const { url, span, options } = args as Args;
  const database = new DatabaseOptimizer({ url, coherence: "exclusive", pool: { maxSize: 4 }, ...options });
  await database.initialize();
  const read: Read = async (id) => (await database.executeQuery<User>(sql, [id])).rows[0]!;
  return reading(span, read, () => database.close());
}

const insert = "INSERT INTO batch (id, owner, name, amount, note) VALUES (?, ?, ?, ?, ?)";
const rowOf = (id: number): unknown[] => [id, id % 7, `row ${id}`, id / 4, id % 3 === 0 ? null : "note"];

/** One run of `count` inserts that many batches into a table of its own. */
function inserting(
  run: (rows: unknown[][], table: string) => Promise<void>,
  setup: (sql: string) => Promise<unknown>,
  close: () => Promise<void>,
): Arm {
  const table = `batch_${randomBytes(6).toString("hex")}`;
  let next = 0;
  const ready = setup(
    `CREATE TABLE ${table} (id INT PRIMARY KEY, owner INT, name VARCHAR(50), amount DOUBLE, note VARCHAR(50))`,
  );
  return {
    async run(count) {
      await ready;
      for (; count > 0; count--) {
        const rows = Array.from({ length: batchRows }, () => rowOf(next++));
        await run(rows, table);
      }
    },
    close: async () => {
      await setup(`DROP TABLE ${table}`);
      await close();
    },
  };
}

export async function executeBatch(args: unknown): Promise<Arm> {
  const database = new DatabaseOptimizer({ url: (args as Args).url, pool: { maxSize: 1 } });
  await database.initialize();
  return inserting(
    async (rows, table) => {
      await database.executeBatch(insert.replace("batch", table), rows);
    },
    (text) => database.executeQuery(text),
    () => database.close(),
  );
}

export async function rowAfterRow(args: unknown): Promise<Arm> {
  const connection = await mysql.createConnection((args as Args).url);
  return inserting(
    async (rows, table) => {
      await connection.beginTransaction();
      for (const row of rows) await connection.execute(insert.replace("batch", table), row as string[]);
      await connection.commit();
    },
    (text) => connection.query(text),
    () => connection.end(),
  );
}

/** mysql2 writes the rows into the text: `VALUES ?`. */
export async function bulkText(args: unknown): Promise<Arm> {
  const connection = await mysql.createConnection((args as Args).url);
  return inserting(
    async (rows, table) => {
      const text = insert.replace("batch", table).replace(/VALUES .*/, "VALUES ?");
      await connection.beginTransaction();
      await connection.query(text, [rows]);
      await connection.commit();
    },
    (text) => connection.query(text),
    () => connection.end(),
  );
}
