import { DatabaseOptimizer } from "../../../database/index.ts";
import { sqliteSettings } from "./shop-place.ts";

/** The optimizer on a file, committing as safely as the other variants do, no more and no less. */
export async function openSqliteOptimizer(path: string, cacheSize?: number): Promise<DatabaseOptimizer> {
  const database = new DatabaseOptimizer({
    url: `sqlite:${path}`,
    sqlite: { pragmas: sqliteSettings },
    ...(cacheSize !== undefined && { cacheSize }),
  });
  await database.initialize();
  return database;
}
