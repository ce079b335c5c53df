import pg from "pg";
import postgres from "postgres";
import { DatabaseOptimizer } from "../../../src/database/index.ts";
import type { Arm } from "../../../src/measure/index.ts";

interface Args {
  readonly url: string;
  /** Each arm has its own, so that none finds another's pages in its way. */
  readonly table: string;
}

/** Rows that one operation of every arm inserts. */
const batchSize = 1_000;
const columns = ["id", "name", "price", "at", "ok"] as const;
type Values = readonly [id: number, name: string, price: number, at: Date, ok: boolean];

const rowsFrom = (first: number): Values[] =>
  Array.from({ length: batchSize }, (_, i) => [
    first + i,
    `name ${i % 97}`,
    i / 4,
    new Date(1.7e12 + i * 1_000),
    i % 2 === 0,
  ]);

/** An arm that goes on appending rows: emptying the table each time would cost more than the fastest arms do. */
async function arm(args: unknown, open: (args: Args) => Promise<Inserter>): Promise<Arm> {
  const { url, table } = args as Args;
  const admin = new pg.Client(url);
  await admin.connect();
  await admin.query(`DROP TABLE IF EXISTS ${table}`);
  await admin.query(
    `CREATE TABLE ${table} (id int PRIMARY KEY, name text NOT NULL, price numeric(10, 2), at timestamptz, ok boolean)`,
  );
  const inserter = await open({ url, table });
  let next = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        await inserter.insert(rowsFrom(next));
        next += batchSize;
      }
    },
    async answer() {
      await admin.query(`TRUNCATE ${table}`);
      await inserter.insert(rowsFrom(0));
      const { rows } = await admin.query(
        `SELECT count(*)::int AS rows, md5(string_agg(t::text, ';' ORDER BY id)) AS content FROM ${table} AS t`,
      );
      return rows[0];
    },
    async close() {
      await inserter.close();
      await admin.end();
    },
  };
}

interface Inserter {
  insert(rows: readonly Values[]): Promise<unknown>;
  close(): Promise<unknown>;
}

const insertSql = (table: string): string => `INSERT INTO ${table} (${columns}) VALUES ($1, $2, $3, $4, $5)`;

export const executeBatch = (args: unknown): Promise<Arm> =>
  arm(args, async ({ url, table }) => {
    const db = new DatabaseOptimizer({ url });
    await db.initialize();
    const sql = insertSql(table);
    return { insert: (rows) => db.executeBatch(sql, rows), close: () => db.close() };
  });

async function plain(
  { url }: Args,
  insert: (client: pg.Client, rows: readonly Values[]) => Promise<unknown>,
) {
  const client = new pg.Client(url);
  await client.connect();
  return { insert: (rows: readonly Values[]) => insert(client, rows), close: () => client.end() };
}

/** What is written first: each row awaited, and committed by itself. */
export const sequential = (args: unknown): Promise<Arm> =>
  arm(args, (opened) => {
    const sql = insertSql(opened.table);
    return plain(opened, async (client, rows) => {
      for (const row of rows) await client.query(sql, [...row]);
    });
  });

/** The same in one transaction. */
export const sequentialTransaction = (args: unknown): Promise<Arm> =>
  arm(args, (opened) => {
    const sql = insertSql(opened.table);
    return plain(opened, async (client, rows) => {
      await client.query("BEGIN");
      for (const row of rows) await client.query(sql, [...row]);
      await client.query("COMMIT");
    });
  });

/** One statement with a list of placeholders for each row. */
export const multiRowValues = (args: unknown): Promise<Arm> =>
  arm(args, (opened) =>
    plain(opened, (client, rows) => {
      const lists = rows.map((row, r) => `(${row.map((_, c) => `$${r * row.length + c + 1}`)})`);
      return client.query(`INSERT INTO ${opened.table} (${columns}) VALUES ${lists.join()}`, rows.flat());
    }),
  );

/** By hand what our batch does by itself, for this one table and without telling which row failed. */
export const unnestByHand = (args: unknown): Promise<Arm> =>
  arm(args, (opened) => {
    const sql = `INSERT INTO ${opened.table} (${columns})
      SELECT * FROM unnest($1::int[], $2::text[], $3::numeric[], $4::timestamptz[], $5::boolean[])`;
    return plain(opened, (client, rows) =>
      client.query(
        sql,
        columns.map((_, c) => rows.map((row) => row[c])),
      ),
    );
  });

/** postgres.js's own helper for many rows, which makes a multi-row VALUES. */
export const postgresJs = (args: unknown): Promise<Arm> =>
  arm(args, async ({ url, table }) => {
    const sql = postgres(url, { max: 1 });
    return {
      insert: (rows) => {
        const objects = rows.map(([id, name, price, at, ok]) => ({ id, name, price, at, ok }));
        return sql`INSERT INTO ${sql(table)} ${sql(objects)}`;
      },
      close: () => sql.end(),
    };
  });
