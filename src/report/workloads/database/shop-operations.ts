import { seededRandom } from "../../../measure/random.ts";
import { zipfKeys } from "./key-distribution.ts";
import { shop } from "./shop-schema.ts";

/** A row as all drivers give it. */
export type ShopRow = Readonly<Record<string, unknown>>;

/** A statement of the read-heavy workload. */
export interface ShopStatement {
  readonly name: string;
  /** Tables are written `{products}`, see {@link dialect}. */
  readonly sql: string;
  /** Which keys it takes. */
  readonly keys: "users" | "products" | "orders" | "categories";
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

/** 95 % reads, of them 70 % points, 20 % small ranges, 10 % aggregates and joins; 5 % updates of one row. */
export const shopStatements: readonly ShopStatement[] = [
  {
    name: "product",
    keys: "products",
    single: true,
    write: false,
    share: 0.4655,
    sql: "SELECT * FROM {products} WHERE id = ?",
    fold: (row) => number(row.id) + number(row.price_cents) + number(row.stock) + length(row.description),
  },
  {
    name: "user",
    keys: "users",
    single: true,
    write: false,
    share: 0.1995,
    sql: "SELECT * FROM {users} WHERE id = ?",
    fold: (row) => number(row.id) + number(row.last_seen) + length(row.email),
  },
  {
    name: "orders of a user",
    keys: "users",
    single: false,
    write: false,
    share: 0.095,
    sql:
      "SELECT id, product_id, quantity, price_cents, status FROM {orders} " +
      "WHERE user_id = ? ORDER BY id DESC LIMIT 20",
    fold: (row) => number(row.id) + number(row.price_cents) * number(row.quantity) + number(row.status),
  },
  {
    name: "cheapest of a category",
    keys: "categories",
    single: false,
    write: false,
    share: 0.095,
    sql:
      "SELECT id, title, price_cents, stock FROM {products} " +
      "WHERE category_id = ? ORDER BY price_cents, id LIMIT 20",
    fold: (row) => number(row.id) + number(row.price_cents) + number(row.stock) + length(row.title),
  },
  {
    name: "prices of a category",
    keys: "categories",
    single: false,
    write: false,
    share: 0.0475,
    sql:
      "SELECT CAST(count(*) AS INTEGER) AS products, CAST(sum(price_cents) AS INTEGER) AS total, " +
      "min(price_cents) AS lowest, max(price_cents) AS highest FROM {products} WHERE category_id = ?",
    fold: (row) => number(row.products) + number(row.total) + number(row.lowest) + number(row.highest),
  },
  {
    name: "revenue of a category",
    keys: "categories",
    single: false,
    write: false,
    share: 0.0475,
    sql:
      "SELECT CAST(count(*) AS INTEGER) AS orders, " +
      "CAST(coalesce(sum(o.quantity * o.price_cents), 0) AS INTEGER) AS revenue " +
      "FROM {orders} o JOIN {products} p ON p.id = o.product_id WHERE p.category_id = ?",
    fold: (row) => number(row.orders) + number(row.revenue),
  },
  update("user seen", "users", 0.025, "UPDATE {users} SET last_seen = ? WHERE id = ?"),
  update("stock", "products", 0.0125, "UPDATE {products} SET stock = ? WHERE id = ?"),
  update("order status", "orders", 0.0125, "UPDATE {orders} SET status = ? WHERE id = ?"),
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
    orders: zipfKeys(shop.orders, exponent, seed + 3, random),
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
