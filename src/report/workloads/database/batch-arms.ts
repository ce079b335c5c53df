import { DatabaseSync } from "node:sqlite";
import type { DatabaseOptimizer } from "../../../database/index.ts";
import type { Arm } from "../../../measure/arm.ts";
import { copyShopFile, copyShopSchema, dropShopSchema, type ShopPlace, sqlitePragmas } from "./shop-place.ts";

export interface BatchArgs {
  readonly place: ShopPlace;
  readonly rowsPerBatch: number;
}

type EventRow = [id: number, userId: number, kind: string, amountCents: number, note: string];
const columns = "(id, user_id, kind, amount_cents, note)";
/** As text, since each driver has its own idea of a 64-bit integer. */
const summary = ["count(*)", "sum(id)", "sum(user_id)", "sum(amount_cents)", "sum(length(note))"]
  .map((value, i) => `CAST(${value} AS TEXT) AS s${i}`)
  .join(", ");

/** One INSERT and one commit for each row, with `node:sqlite`. */
export function sqliteEach(args: BatchArgs): Arm {
  const database = openSqlite(args.place);
  const insert = database.prepare(`INSERT INTO events ${columns} VALUES (?, ?, ?, ?, ?)`);
  return batchArm(args.rowsPerBatch, {
    insert: (rows) => {
      for (const row of rows) insert.run(...row);
    },
    summary: () => database.prepare(`SELECT ${summary} FROM events`).get(),
    close: () => database.close(),
  });
}

/** A prepared statement in one transaction, with `node:sqlite`. */
export function sqliteTransaction(args: BatchArgs): Arm {
  const database = openSqlite(args.place);
  const insert = database.prepare(`INSERT INTO events ${columns} VALUES (?, ?, ?, ?, ?)`);
  return batchArm(args.rowsPerBatch, {
    insert: (rows) => {
      database.exec("BEGIN IMMEDIATE");
      try {
        for (const row of rows) insert.run(...row);
        database.exec("COMMIT");
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
    summary: () => database.prepare(`SELECT ${summary} FROM events`).get(),
    close: () => database.close(),
  });
}

/** One awaited INSERT, so one round trip and one commit, for each row, with `pg.Pool`. */
export async function postgresEach(args: BatchArgs): Promise<Arm> {
  const { pool, table, close } = await openPostgres(args.place);
  const text = `INSERT INTO ${table} ${columns} VALUES ($1, $2, $3, $4, $5)`;
  return batchArm(args.rowsPerBatch, {
    insert: async (rows) => {
      for (const values of rows) await pool.query({ name: "insert", text, values });
    },
    summary: async () => (await pool.query(`SELECT ${summary} FROM ${table}`)).rows[0],
    close,
  });
}

/** One INSERT with a VALUES list of all rows, with `pg.Pool`. */
export async function postgresMultiRow(args: BatchArgs): Promise<Arm> {
  const { pool, table, close } = await openPostgres(args.place);
  return batchArm(args.rowsPerBatch, {
    insert: async (rows) => {
      const list = rows.map(
        (_, i) => `($${i * 5 + 1}, $${i * 5 + 2}, $${i * 5 + 3}, $${i * 5 + 4}, $${i * 5 + 5})`,
      );
      await pool.query(`INSERT INTO ${table} ${columns} VALUES ${list.join(", ")}`, rows.flat());
    },
    summary: async () => (await pool.query(`SELECT ${summary} FROM ${table}`)).rows[0],
    close,
  });
}

/** `DatabaseOptimizer.executeBatch`. */
export async function optimized({ place, rowsPerBatch }: BatchArgs): Promise<Arm> {
  if (place.engine === "sqlite") {
    const { openSqliteOptimizer } = await import("./sqlite-optimizer.ts");
    const database = await openSqliteOptimizer(copyShopFile(place));
    return batchArm(rowsPerBatch, optimizedWriter(database, "events"));
  }
  const { DatabaseOptimizer } = await import("../../../database/index.ts");
  const schema = await copyShopSchema(place);
  const database = new DatabaseOptimizer({ url: place.url });
  await database.initialize();
  const writer = optimizedWriter(database, `${schema}.events`);
  const close = async (): Promise<void> => {
    await writer.close();
    await dropShopSchema(place, schema);
  };
  return batchArm(rowsPerBatch, { ...writer, close });
}

function optimizedWriter(database: DatabaseOptimizer, table: string): BatchWriter {
  const insert = `INSERT INTO ${table} ${columns} VALUES (?, ?, ?, ?, ?)`;
  const sums = `SELECT ${summary} FROM ${table}`;
  return {
    insert: async (rows) => void (await database.executeBatch(insert, rows)),
    summary: async () => (await database.executeQuery(sums, [], { useCache: false })).rows[0],
    close: () => database.close(),
  };
}

interface BatchWriter {
  insert(rows: EventRow[]): void | Promise<void>;
  summary(): unknown;
  close(): void | Promise<void>;
}

/** One operation makes and inserts one batch; ids go on rising. */
function batchArm(rowsPerBatch: number, writer: BatchWriter): Arm {
  let id = 0;
  const batch = (): EventRow[] =>
    Array.from({ length: rowsPerBatch }, () => {
      id++;
      return [
        id,
        1 + (id % 10_000),
        id % 3 === 0 ? "view" : "click",
        (id * 7919) % 10_007,
        `event number ${id}`,
      ];
    });
  return {
    run: async (count) => {
      for (let i = 0; i < count; i++) {
        const done = writer.insert(batch());
        if (done) await done;
      }
    },
    answer: async () => JSON.stringify(await writer.summary()),
    close: () => writer.close(),
  };
}

function openSqlite(place: ShopPlace): DatabaseSync {
  if (place.engine !== "sqlite")
    throw new TypeError(`place.engine: expected "sqlite", got "${place.engine}"`);
  const database = new DatabaseSync(copyShopFile(place));
  database.exec(sqlitePragmas);
  return database;
}

async function openPostgres(place: ShopPlace) {
  if (place.engine !== "postgres")
    throw new TypeError(`place.engine: expected "postgres", got "${place.engine}"`);
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({ connectionString: place.url });
  const schema = await copyShopSchema(place);
  const close = async (): Promise<void> => {
    await pool.end();
    await dropShopSchema(place, schema);
  };
  return { pool, table: `${schema}.events`, close };
}
