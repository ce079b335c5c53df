import { integer, knownKeys } from "../options.ts";
import { cacheKey } from "./cache/cache-key.ts";

export interface BatchLoaderOptions<K, R> {
  /**
   * Loads many keys at once, typically by `WHERE id = ANY($1)`. The keys are distinct, 1 to `maxBatchSize`.
   * Without `key`, it gives one item for each key, in the keys' order.
   */
  readonly load: (keys: readonly K[]) => Promise<readonly (R | Error | null | undefined)[]>;
  /**
   * The key of a row, for a `load` that gives rows in any order and none for a missing key. It must give keys of the
   * type that was asked for: `"1"` doesn't answer `1`. A second row of one key is an error.
   * @default none: `load` keeps the keys' order
   */
  readonly key?: (row: R) => K;
  /** Keys that one `load` gets at most; an integer ≥ 1. More become several loads. @default 1000 */
  readonly maxBatchSize?: number;
}

export interface BatchLoader<K, R> {
  /**
   * @returns the item of `key`; `undefined` or `null` when there is none
   * @throws what `load` threw, or the `Error` that it gave in place of this item
   */
  load(key: K): Promise<R | null | undefined>;
  /** As `load` for each; rejects when one of them does. */
  loadMany(keys: readonly K[]): Promise<(R | null | undefined)[]>;
}

interface Waiting<K, R> {
  readonly key: K;
  readonly promise: Promise<R | null | undefined>;
  readonly resolve: (value: R | null | undefined) => void;
  readonly reject: (error: unknown) => void;
}

const defaultMaxBatchSize = 1000;

/**
 * Gathers the point reads of one tick into one query. Nothing is remembered once the query has started: caching is
 * the query cache's.
 * @see https://github.com/graphql/dataloader
 */
export function batchLoader<K, R>(options: BatchLoaderOptions<K, R>): BatchLoader<K, R> {
  knownKeys("batchLoader", options, ["load", "key", "maxBatchSize"]);
  const { load, key: keyOf } = options;
  if (typeof load !== "function") throw new TypeError("load: expected a function of an array of keys");
  if (keyOf !== undefined && typeof keyOf !== "function")
    throw new TypeError("key: expected a function of a row");
  const maxBatchSize = integer("maxBatchSize", options.maxBatchSize ?? defaultMaxBatchSize, 1);
  let gathering = new Map<unknown, Waiting<K, R>>();

  const flush = (): void => {
    const all = [...gathering.values()];
    gathering = new Map();
    for (let start = 0; start < all.length; start += maxBatchSize)
      void runBatch(all.slice(start, start + maxBatchSize), load, keyOf);
  };

  const loadOne = (key: K): Promise<R | null | undefined> => {
    let id: unknown;
    try {
      id = identity(key);
    } catch (error) {
      // As a proxy may when it is looked at; those that were asked for before it are waited for all the same.
      return Promise.reject(error);
    }
    const gathered = gathering.get(id);
    if (gathered !== undefined) return gathered.promise;
    // After the promise jobs of this tick, which may ask for more keys.
    if (gathering.size === 0) void Promise.resolve().then(() => process.nextTick(flush));
    const waiting: Waiting<K, R> = { key, ...Promise.withResolvers<R | null | undefined>() };
    gathering.set(id, waiting);
    return waiting.promise;
  };
  return { load: loadOne, loadMany: (keys) => Promise.all(keys.map(loadOne)) };
}

async function runBatch<K, R>(
  batch: readonly Waiting<K, R>[],
  load: BatchLoaderOptions<K, R>["load"],
  keyOf: ((row: R) => K) | undefined,
): Promise<void> {
  try {
    const items = await load(batch.map((waiting) => waiting.key));
    if (!Array.isArray(items)) throw new TypeError("load: expected a promise of an array");
    if (keyOf !== undefined) {
      settleByKey(batch, items as readonly R[], keyOf);
      return;
    }
    if (items.length !== batch.length)
      throw new TypeError(`load: expected ${batch.length} items, one for each key, got ${items.length}`);
    for (const [i, waiting] of batch.entries()) {
      const item = items[i];
      if (item instanceof Error) waiting.reject(item);
      else waiting.resolve(item);
    }
  } catch (error) {
    for (const waiting of batch) waiting.reject(error);
  }
}

function settleByKey<K, R>(batch: readonly Waiting<K, R>[], rows: readonly R[], keyOf: (row: R) => K): void {
  const byKey = new Map<unknown, R>();
  for (const row of rows) {
    const id = identity(keyOf(row));
    if (byKey.has(id)) throw new TypeError("load: expected one row at most for each key, got two of one");
    byKey.set(id, row);
  }
  for (const waiting of batch) waiting.resolve(byKey.get(identity(waiting.key)));
}

/** Keys that a database can't tell apart are one: two dates of one time, two buffers of the same bytes. */
function identity(key: unknown): unknown {
  return cacheKey([key]) ?? key;
}
