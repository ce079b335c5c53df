import type { QueryOptions } from "./optimizer-options.ts";

/** A statement and its parameters, as a builder gives them. */
export interface CachedQuery {
  readonly sql: string;
  /** @default none */
  readonly params?: readonly unknown[];
}

/** Options of every call of a cached query. */
export type CachedQueryOptions = Pick<QueryOptions, "ttlMs" | "timeoutMs">;

/** Runs one statement through the cache. */
export type ExecuteQuery<T extends object> = (
  sql: string,
  params: readonly unknown[],
  options: CachedQueryOptions | undefined,
) => Promise<{ readonly rows: readonly T[] }>;

/**
 * Makes a function of arguments out of what builds a statement from them.
 * @param build gives the same SQL text at every call, and what differs as `params`: the cache goes by them
 * @returns gives the rows; rejects with what `build` threw or the statement failed with
 * @throws {TypeError} when `build` is no function
 */
export function cachedQuery<A extends unknown[], T extends object>(
  execute: ExecuteQuery<T>,
  build: (...args: A) => CachedQuery,
  options?: CachedQueryOptions,
): (...args: A) => Promise<readonly T[]> {
  if (typeof build !== "function")
    throw new TypeError(`cachedQuery: expected a function that gives { sql, params }, got ${typeof build}`);
  return async (...args) => {
    const { sql, params = [] } = build(...args);
    return (await execute(sql, params, options)).rows;
  };
}
