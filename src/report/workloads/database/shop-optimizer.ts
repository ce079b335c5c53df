import { DatabaseOptimizer } from "../../../database/index.ts";
import type { Arm } from "../../../measure/arm.ts";
import { type ShopExecutor, type ShopWork, shopArm } from "./shop-arm.ts";
import { shopSql } from "./shop-operations.ts";
import { copyShopFile, copyShopSchema, dropShopSchema, type ShopPlace } from "./shop-place.ts";
import { openSqliteOptimizer } from "./sqlite-optimizer.ts";

export interface ShopOptimizerArgs extends ShopWork {
  readonly place: ShopPlace;
  /** Results that the cache holds. */
  readonly cacheSize: number;
}

/** `DatabaseOptimizer` with its cache, on either engine. */
export async function optimized(args: ShopOptimizerArgs): Promise<Arm> {
  const { place, cacheSize } = args;
  if (place.engine === "sqlite") {
    return shopArm(args, executor(await openSqliteOptimizer(copyShopFile(place), cacheSize)));
  }
  const schema = await copyShopSchema(place);
  // Nobody else knows of this process's own schema, so nobody else writes to it.
  const database = new DatabaseOptimizer({ url: place.url, cacheSize, coherence: "exclusive" });
  await database.initialize();
  return shopArm(
    args,
    executor(database, schema, () => dropShopSchema(place, schema)),
  );
}

function executor(database: DatabaseOptimizer, schema?: string, after?: () => Promise<void>): ShopExecutor {
  const sql = shopSql(schema);
  const prefix = schema === undefined ? "" : `${schema}.`;
  return {
    execute: (index, params) => database.executeQuery(sql[index] as string, params),
    table: async (name) => {
      const all = `SELECT * FROM ${prefix}${name} ORDER BY id`;
      return (await database.executeQuery(all, [], { useCache: false })).rows;
    },
    lookups: () => {
      const { hits, misses } = database.getCacheStats();
      return hits + misses;
    },
    close: async () => {
      await database.close();
      await after?.();
    },
  };
}
