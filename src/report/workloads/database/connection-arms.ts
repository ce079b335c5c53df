import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Arm } from "../../../measure/arm.ts";
import { seededRandom } from "../../../measure/random.ts";
import type { ShopPlace } from "./shop-place.ts";
import { shop } from "./shop-schema.ts";

/** What all arms of the connection workload are told. They only read, so all share the seeded shop itself. */
export interface ConnectionArgs {
  readonly place: ShopPlace;
  readonly seed: number;
}

interface Product {
  readonly price_cents: number;
  readonly title: string;
}
const sqliteSql = "SELECT title, price_cents FROM products WHERE id = ?";

/** Opens the file, prepares, reads and closes, for each query. */
export function sqliteEach({ place, seed }: ConnectionArgs): Arm {
  const file = sqliteFile(place);
  return readingArm(seed, (id) => {
    const database = new DatabaseSync(file);
    const row = database.prepare(sqliteSql).get(id) as unknown as Product;
    database.close();
    return row;
  });
}

/** Keeps the file open and the statement prepared. */
export function sqliteKept({ place, seed }: ConnectionArgs): Arm {
  const database = new DatabaseSync(sqliteFile(place));
  const statement: StatementSync = database.prepare(sqliteSql);
  return readingArm(
    seed,
    (id) => statement.get(id) as unknown as Product,
    () => database.close(),
  );
}

/** Connects, reads and ends, for each query, with `pg.Client`. */
export async function postgresEach({ place, seed }: ConnectionArgs): Promise<Arm> {
  const { default: pg } = await import("pg");
  const { url, sql } = postgresQuery(place);
  return readingArm(seed, async (id) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<Product>(sql, [id]);
    await client.end();
    return rows[0] as Product;
  });
}

/** `pg.Pool`, which is the package `pg-pool`. */
export async function postgresPool({ place, seed }: ConnectionArgs): Promise<Arm> {
  const { default: pg } = await import("pg");
  const { url, sql } = postgresQuery(place);
  const pool = new pg.Pool({ connectionString: url });
  const read = async (id: number) =>
    (await pool.query<Product>({ name: "product", text: sql, values: [id] })).rows[0] as Product;
  return readingArm(seed, read, () => pool.end());
}

/** `DatabaseOptimizer` with its cache left out, so that only the connection differs. */
export async function optimized({ place, seed }: ConnectionArgs): Promise<Arm> {
  const sql = place.engine === "sqlite" ? sqliteSql : postgresQuery(place).sql;
  const database = await openOptimizer(place);
  const read = async (id: number) =>
    (await database.executeQuery(sql, [id], { useCache: false })).rows[0] as unknown as Product;
  return readingArm(seed, read, () => database.close());
}

async function openOptimizer(place: ShopPlace) {
  if (place.engine === "sqlite") {
    const { openSqliteOptimizer } = await import("./sqlite-optimizer.ts");
    return await openSqliteOptimizer(place.seedFile);
  }
  const { DatabaseOptimizer } = await import("../../../database/index.ts");
  const database = new DatabaseOptimizer({ url: place.url });
  await database.initialize();
  return database;
}

function readingArm(
  seed: number,
  read: (id: number) => Product | Promise<Product>,
  close?: () => void | Promise<void>,
): Arm {
  const random = seededRandom(seed);
  let done = 0;
  let sum = 0;
  const take = (row: Product): void => {
    sum = (Math.imul(sum, 31) + row.price_cents + row.title.length) | 0;
    done++;
  };
  const nextId = () => 1 + Math.floor(random() * shop.products);
  return {
    run: async (count) => {
      for (let i = 0; i < count; i++) {
        const row = read(nextId());
        take(row instanceof Promise ? await row : row);
      }
    },
    answer: () => `${done} reads, sum ${sum >>> 0}`,
    ...(close && { close }),
  };
}

function sqliteFile(place: ShopPlace): string {
  if (place.engine !== "sqlite")
    throw new TypeError(`place.engine: expected "sqlite", got "${place.engine}"`);
  return place.seedFile;
}

function postgresQuery(place: ShopPlace): { url: string; sql: string } {
  if (place.engine !== "postgres")
    throw new TypeError(`place.engine: expected "postgres", got "${place.engine}"`);
  return {
    url: place.url,
    sql: `SELECT title, price_cents FROM ${place.seedSchema}.products WHERE id = $1`,
  };
}
