import pg from "pg";
import type { Arm } from "../../../measure/arm.ts";
import { type ShopExecutor, type ShopWork, shopArm } from "./shop-arm.ts";
import { type ShopRow, shopSql } from "./shop-operations.ts";
import { copyShopSchema, dropShopSchema, type PostgresPlace } from "./shop-place.ts";

export interface ShopPostgresArgs extends ShopWork {
  readonly place: PostgresPlace;
}

/** `pg.Pool` with named, so prepared, statements. */
export async function pool(args: ShopPostgresArgs): Promise<Arm> {
  const connections = new pg.Pool({ connectionString: args.place.url });
  const schema = await copyShopSchema(args.place);
  const sql = shopSql(schema);
  const executor: ShopExecutor = {
    execute: (index, values) =>
      connections.query({ name: `shop${index}`, text: sql[index] as string, values }) as Promise<{
        rows: ShopRow[];
      }>,
    table: async (name) => (await connections.query(`SELECT * FROM ${schema}.${name} ORDER BY id`)).rows,
    close: async () => {
      await connections.end();
      await dropShopSchema(args.place, schema);
    },
  };
  return shopArm(args, executor);
}

/** What is used of postgres.js. */
interface PostgresJs {
  unsafe(sql: string, params?: readonly unknown[], options?: { prepare: boolean }): Promise<ShopRow[]>;
  end(): Promise<void>;
}

/** postgres.js with prepared statements. */
export async function postgresJs(args: ShopPostgresArgs & { readonly peerUrl: string }): Promise<Arm> {
  const { default: connect } = (await import(args.peerUrl)) as { default: (url: string) => PostgresJs };
  const connections = connect(args.place.url);
  const schema = await copyShopSchema(args.place);
  const sql = shopSql(schema);
  const executor: ShopExecutor = {
    execute: async (index, params) => ({
      rows: await connections.unsafe(sql[index] as string, params, { prepare: true }),
    }),
    table: (name) => connections.unsafe(`SELECT * FROM ${schema}.${name} ORDER BY id`),
    close: async () => {
      await connections.end();
      await dropShopSchema(args.place, schema);
    },
  };
  return shopArm(args, executor);
}
