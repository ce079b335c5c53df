import { createHash } from "node:crypto";
import type { Arm } from "../../../measure/arm.ts";
import { type ShopOperations, type ShopRow, shopOperations, shopStatements } from "./shop-operations.ts";
import type { ShopTableName } from "./shop-schema.ts";

/** What all arms of the read-heavy workload are told. */
export interface ShopWork {
  /** Operations of a process in all. */
  readonly operations: number;
  /** The first of them, run before any round: they fill the caches of database and optimizer. */
  readonly setupOperations: number;
  /** The first of them that don't count for the hit rate: those of the setup and of the warm-up rounds. */
  readonly warmupOperations: number;
  readonly exponent: number;
  readonly seed: number;
}

/** How one variant runs a statement: at once, as SQLite does, or with a promise. */
export interface ShopExecutor {
  /** @param index into `shopStatements` @param params key, or value and key */
  execute(index: number, params: number[]): ShopResult | Promise<ShopResult>;
  /** All rows of `SELECT * FROM table ORDER BY id`, past any cache. */
  table(name: ShopTableName): Promise<readonly ShopRow[]> | readonly ShopRow[];
  /** Look-ups in the cache so far, where there is one. */
  lookups?(): number;
  close(): void | Promise<void>;
}

export interface ShopResult {
  readonly rows: readonly ShopRow[];
  readonly cached?: boolean;
}

/** Reads whose rows are compared in full after the last round; all others enter the check by their sum. */
const replayed = 1000;

/** Goes through the operations in their order, the first of them at once, summing up every row that comes back. */
export async function shopArm(work: ShopWork, executor: ShopExecutor): Promise<Arm> {
  const operations = shopOperations(work.operations, work.exponent, work.seed);
  const folds = shopStatements.map(({ fold }) => fold);
  let next = 0;
  let sum = 0;
  let reads = 0;
  let hits = 0;
  let lookupsBefore = 0;
  let lookups = 0;

  const take = (index: number, result: ShopResult): void => {
    const fold = folds[index] as (row: ShopRow) => number;
    for (const row of result.rows) sum = (Math.imul(sum, 31) + fold(row)) | 0;
    if (next === work.warmupOperations) lookupsBefore = executor.lookups?.() ?? 0;
    if (next < work.warmupOperations || shopStatements[index]?.write) return;
    reads++;
    if (result.cached) hits++;
  };
  /** @returns a promise only when the executor gave one: SQLite's callers wait for nothing. */
  const run = (count: number): void | Promise<void> => {
    for (let i = 0; i < count; i++) {
      const at = next % operations.length;
      const index = operations.statement[at] as number;
      const result = executor.execute(index, paramsOf(operations, at));
      if (result instanceof Promise) return runOn(result, index, count - i - 1);
      take(index, result);
      next++;
    }
  };
  const runOn = async (first: Promise<ShopResult>, firstIndex: number, count: number): Promise<void> => {
    take(firstIndex, await first);
    next++;
    for (let i = 0; i < count; i++) {
      const at = next % operations.length;
      const index = operations.statement[at] as number;
      take(index, await executor.execute(index, paramsOf(operations, at)));
      next++;
    }
  };
  await run(work.setupOperations);
  return {
    run,
    answer: async () => {
      lookups = (executor.lookups?.() ?? 0) - lookupsBefore;
      const replay = createHash("sha256");
      for (let at = 0; at < Math.min(replayed, operations.length); at++) {
        const index = operations.statement[at] as number;
        if (shopStatements[index]?.write) continue;
        const { rows } = await executor.execute(index, paramsOf(operations, at));
        replay.update(JSON.stringify(rows));
      }
      const tables = createHash("sha256");
      for (const table of ["users", "products", "inventory", "reviews"] as const)
        tables.update(JSON.stringify(await executor.table(table)));
      return [
        `${next} operations`,
        `sum ${sum >>> 0}`,
        `replay ${replay.digest("hex").slice(0, 12)}`,
        `tables ${tables.digest("hex").slice(0, 12)}`,
      ].join(", ");
    },
    counters: () => ({ reads, hits, lookups }),
    close: () => executor.close(),
  };
}

function paramsOf(operations: ShopOperations, at: number): number[] {
  const key = operations.key[at] as number;
  return shopStatements[operations.statement[at] as number]?.write
    ? [operations.value[at] as number, key]
    : [key];
}
