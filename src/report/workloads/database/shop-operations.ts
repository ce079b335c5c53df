import { seededRandom } from "../../../measure/random.ts";
import { zipfKeys } from "../key-distribution.ts";
import { shop } from "./shop-schema.ts";

/** A row as all drivers give it. */
export type ShopRow = Readonly<Record<string, unknown>>;

/** A statement of the read-heavy workload. */
export interface ShopStatement {
  readonly name: string;
  /** Tables are written `{products}`, see {@link dialect}. */
  readonly sql: string;
  /** Which keys it takes. */
  readonly keys: "users" | "products" | "reviews" | "categories";
  /** True for a read of one row by its primary key. */
  readonly single: boolean;
  /** True for an update of one row by its primary key: takes a value before the key. */
  readonly write: boolean;
  /** Share of all operations; all shares make 1. */
  readonly share: number;
  /** Boils a row down to a number, so that every result enters the check at the cost of a few nanoseconds. */
  readonly fold: (row: ShopRow) => number;
}

const number = (value: unknown): number => value as number;
const length = (value: unknown): number => (value as string).length;

const points = 0.95 * 0.7;
const ranges = 0.95 * 0.2;
const heavier = 0.95 * 0.1;
const writes = 0.05;

/**
 * 95 % reads, of them 70 % points, 20 % small ranges, 10 % aggregates and joins; 5 % updates of one row, most of them
 * where such a shop writes most: who was seen, and what is in stock. The share of writes, the number of categories (its
 * subjects) and how seldom the catalogue changes (about one operation in a thousand) are those of TPC-W's browsing mix.
 * @see https://www.tpc.org/tpcw/
 */
export const shopStatements: readonly ShopStatement[] = [
  {
    name: "product",
    keys: "products",
    single: true,
    write: false,
    share: points * 0.5,
    sql: "SELECT * FROM {products} WHERE id = ?",
    fold: (row) => number(row.id) + number(row.price_cents) + length(row.description),
  },
  {
    name: "user",
    keys: "users",
    single: true,
    write: false,
    share: points * 0.3,
    sql: "SELECT * FROM {users} WHERE id = ?",
    fold: (row) => number(row.id) + number(row.last_seen) + length(row.email),
  },
  {
    name: "stock",
    keys: "products",
    single: true,
    write: false,
    share: points * 0.2,
    sql: "SELECT stock FROM {inventory} WHERE id = ?",
    fold: (row) => number(row.stock),
  },
  {
    name: "reviews of a product",
    keys: "products",
    single: false,
    write: false,
    share: ranges * 0.5,
    sql: "SELECT id, user_id, rating, body FROM {reviews} WHERE product_id = ? ORDER BY id DESC LIMIT 20",
    fold: (row) => number(row.id) + number(row.rating) + length(row.body),
  },
  {
    name: "cheapest of a category",
    keys: "categories",
    single: false,
    write: false,
    share: ranges * 0.5,
    sql: "SELECT id, title, price_cents FROM {products} WHERE category_id = ? ORDER BY price_cents, id LIMIT 20",
    fold: (row) => number(row.id) + number(row.price_cents) + length(row.title),
  },
  {
    name: "prices of a category",
    keys: "categories",
    single: false,
    write: false,
    share: heavier * 0.5,
    sql:
      "SELECT CAST(count(*) AS INTEGER) AS products, CAST(sum(price_cents) AS INTEGER) AS total, " +
      "min(price_cents) AS lowest, max(price_cents) AS highest FROM {products} WHERE category_id = ?",
    fold: (row) => number(row.products) + number(row.total) + number(row.lowest) + number(row.highest),
  },
  {
    name: "best rated of a category",
    keys: "categories",
    single: false,
    write: false,
    share: heavier * 0.5,
    sql:
      "SELECT p.id, p.title, CAST(sum(r.rating) * 100 / count(*) AS INTEGER) AS score " +
      "FROM {products} p JOIN {reviews} r ON r.product_id = p.id WHERE p.category_id = ? " +
      "GROUP BY p.id, p.title ORDER BY score DESC, p.id LIMIT 10",
    fold: (row) => number(row.id) + number(row.score) + length(row.title),
  },
  update("user seen", "users", writes * 0.6, "UPDATE {users} SET last_seen = ? WHERE id = ?"),
  update("stock changed", "products", writes * 0.36, "UPDATE {inventory} SET stock = ? WHERE id = ?"),
  update("price changed", "products", writes * 0.02, "UPDATE {products} SET price_cents = ? WHERE id = ?"),
  update("rating changed", "reviews", writes * 0.02, "UPDATE {reviews} SET rating = ? WHERE id = ?"),
];

function update(name: string, keys: ShopStatement["keys"], share: number, sql: string): ShopStatement {
  return { name, keys, share, sql, single: false, write: true, fold: () => 0 };
}

/**
 * Every statement's SQL for one engine.
 * @param schema PostgreSQL schema to put in front of the tables, and `$1` for `?`; none for SQLite
 */
export function shopSql(schema?: string): string[] {
  return shopStatements.map(({ sql }) => dialect(sql, schema));
}

/** `{table}` and `?` as the engine writes them. */
export function dialect(sql: string, schema?: string): string {
  let placeholder = 0;
  return sql.replace(/\{(\w+)\}|\?/g, (found, table?: string) => {
    if (table !== undefined) return schema === undefined ? table : `${schema}.${table}`;
    return schema === undefined ? found : `$${++placeholder}`;
  });
}

/** A sequence of operations, the same for every variant; column by column, so that reading it costs next to nothing. */
export interface ShopOperations {
  readonly length: number;
  /** Index into {@link shopStatements}. */
  readonly statement: Uint8Array;
  readonly key: Int32Array;
  /** What a write sets. */
  readonly value: Int32Array;
}

/**
 * @param length   operations, ≥ 1
 * @param exponent of Zipf's law for all keys; 0 for none
 */
export function shopOperations(length: number, exponent: number, seed: number): ShopOperations {
  const random = seededRandom(seed);
  const choose = {
    users: zipfKeys(shop.users, exponent, seed + 1, random),
    products: zipfKeys(shop.products, exponent, seed + 2, random),
    reviews: zipfKeys(shop.reviews, exponent, seed + 3, random),
    categories: zipfKeys(shop.categories, exponent, seed + 4, random),
  };
  const operations = {
    length,
    statement: new Uint8Array(length),
    key: new Int32Array(length),
    value: new Int32Array(length),
  };
  for (let i = 0; i < length; i++) {
    const index = chooseStatement(random());
    operations.statement[i] = index;
    operations.key[i] = choose[(shopStatements[index] as ShopStatement).keys]();
    operations.value[i] = Math.floor(random() * 1000);
  }
  return operations;
}

function chooseStatement(at: number): number {
  let sum = 0;
  for (const [index, { share }] of shopStatements.entries()) {
    sum += share;
    if (at < sum) return index;
  }
  return shopStatements.length - 1;
}
