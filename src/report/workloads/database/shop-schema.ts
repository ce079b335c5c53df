import { seededRandom } from "../../../measure/random.ts";

/** Keys of each kind. With one row of `inventory` for each product the tables hold 50,000 rows. */
export const shop = Object.freeze({ users: 10_000, products: 10_000, reviews: 20_000, categories: 24 });

/** The tables that the queries read and write. */
export type ShopTableName = "users" | "products" | "inventory" | "reviews";

/** One table: its columns as both engines write them, and the indexes that a competent developer gives it. */
export interface ShopTable {
  readonly name: ShopTableName | "events";
  readonly columns: readonly (readonly [name: string, type: string])[];
  /** Column lists; the primary key is `id`. */
  readonly indexes: readonly string[];
}

export const shopTables: readonly ShopTable[] = [
  {
    name: "users",
    columns: [
      ["id", "INTEGER PRIMARY KEY"],
      ["name", "TEXT NOT NULL"],
      ["email", "TEXT NOT NULL"],
      ["country", "TEXT NOT NULL"],
      ["last_seen", "INTEGER NOT NULL"],
    ],
    indexes: [],
  },
  {
    name: "products",
    columns: [
      ["id", "INTEGER PRIMARY KEY"],
      ["category_id", "INTEGER NOT NULL"],
      ["title", "TEXT NOT NULL"],
      ["description", "TEXT NOT NULL"],
      ["price_cents", "INTEGER NOT NULL"],
    ],
    indexes: ["category_id, price_cents"],
  },
  {
    name: "inventory",
    columns: [
      ["id", "INTEGER PRIMARY KEY"],
      ["stock", "INTEGER NOT NULL"],
    ],
    indexes: [],
  },
  {
    name: "reviews",
    columns: [
      ["id", "INTEGER PRIMARY KEY"],
      ["product_id", "INTEGER NOT NULL"],
      ["user_id", "INTEGER NOT NULL"],
      ["rating", "INTEGER NOT NULL"],
      ["body", "TEXT NOT NULL"],
    ],
    indexes: ["product_id, id"],
  },
  {
    name: "events",
    columns: [
      ["id", "INTEGER PRIMARY KEY"],
      ["user_id", "INTEGER NOT NULL"],
      ["kind", "TEXT NOT NULL"],
      ["amount_cents", "INTEGER NOT NULL"],
      ["note", "TEXT NOT NULL"],
    ],
    indexes: [],
  },
];

/**
 * The statements that make the tables and their indexes.
 * @param schema PostgreSQL schema to put them into, quoted where needed; none on SQLite
 */
export function createShopSql(schema?: string): string[] {
  const prefix = schema === undefined ? "" : `${schema}.`;
  return shopTables.flatMap(({ name, columns, indexes }) => [
    `CREATE TABLE ${prefix}${name} (${columns.map(([column, type]) => `${column} ${type}`).join(", ")})`,
    ...indexes.map((index, i) => `CREATE INDEX ${name}_${i} ON ${prefix}${name} (${index})`),
  ]);
}

const countries = ["AT", "BR", "CA", "DE", "ES", "FR", "IN", "JP", "KE", "US"];
const words = "amber basalt cedar delta ember fjord granite harbor indigo juniper kelp lumen".split(" ");

/** The rows, always the same for one seed. `events`, the table for batches, begins empty. */
export function shopRows(seed: number): Record<ShopTableName, (string | number)[][]> {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const sentence = (length: number) => Array.from({ length }, () => words[below(words.length)]).join(" ");
  return {
    users: Array.from({ length: shop.users }, (_, i) => {
      const name = sentence(2);
      return [i + 1, name, `${name.replace(" ", ".")}.${i + 1}@example.com`, countries[below(10)] ?? "US", 0];
    }),
    products: Array.from({ length: shop.products }, (_, i) => [
      i + 1,
      1 + below(shop.categories),
      sentence(3),
      sentence(12),
      100 + below(20_000),
    ]),
    inventory: Array.from({ length: shop.products }, (_, i) => [i + 1, below(500)]),
    reviews: Array.from({ length: shop.reviews }, (_, i) => [
      i + 1,
      1 + below(shop.products),
      1 + below(shop.users),
      1 + below(5),
      sentence(8),
    ]),
  };
}
