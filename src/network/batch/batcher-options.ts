import { type Clock, systemClock } from "../../clock.ts";
import { callable, durationMs, integer, knownKeys, rejectType } from "../../options.ts";

/** What one sending gets besides its keys. */
export interface SendContext {
  /** Aborts when the sending has taken `timeoutMs`, or when nobody waits for any of its keys any more. */
  readonly signal: AbortSignal;
}

export interface BatcherOptions<K, V> {
  /**
   * Asks for many at once. The keys are those of one batch, 1 to `maxBatchSize`, in the order of their loads.
   * It gives one item for each, in the same order; an `Error` among them fails just the loads of its key. What it throws
   * fails them all. What it gives after its time is over, or after an abort, is dropped.
   */
  readonly send: (
    keys: readonly K[],
    context: SendContext,
  ) => PromiseLike<readonly (V | Error)[]> | readonly (V | Error)[];
  /** Keys in one batch, an integer ≥ 1. One that is full is sent without waiting. @default 100 */
  readonly maxBatchSize?: number;
  /**
   * How long the first key of a batch waits for others, milliseconds. 0 takes what is loaded in the same tick, the
   * promises that settle in it included. @default 0
   */
  readonly maxWaitMs?: number;
  /**
   * What makes two keys one, as by `===` (and NaN is NaN): a key that waits already isn't sent twice. Keys that are objects
   * want something like `(key) => key.id`. `false` sends each, as writes need. @default the key itself
   */
  readonly cacheKey?: ((key: K) => unknown) | false;
  /** Batches under way at once, ≥ 1; those that wait are filled up meanwhile. @default 8 */
  readonly maxConcurrency?: number;
  /** Keys that wait to be sent, an integer ≥ 1; a load beyond it is refused. @default 100_000 */
  readonly maxQueue?: number;
  /** For one sending, milliseconds > 0; then its loads fail with a {@link DeadlineError}. `Infinity` never. @default 30_000 */
  readonly timeoutMs?: number;
  /** In errors and metrics. @default "batcher" */
  readonly name?: string;
  /** @default the system's */
  readonly clock?: Clock;
}

export const batcherDefaults = Object.freeze({
  maxBatchSize: 100,
  maxWaitMs: 0,
  maxConcurrency: 8,
  maxQueue: 100_000,
  timeoutMs: 30_000,
  name: "batcher",
});

const known = ["send", "cacheKey", "clock", ...Object.keys(batcherDefaults)];

/** Options with every default filled in and every value checked. */
export interface ResolvedBatcherOptions<K, V> {
  readonly send: BatcherOptions<K, V>["send"];
  readonly maxBatchSize: number;
  readonly maxWaitMs: number;
  readonly cacheKey: ((key: K) => unknown) | false | undefined;
  readonly maxConcurrency: number;
  readonly maxQueue: number;
  readonly timeoutMs: number;
  readonly name: string;
  readonly clock: Clock;
}

/** @throws {TypeError} @throws {RangeError} */
export function resolveBatcherOptions<K, V>(options: BatcherOptions<K, V>): ResolvedBatcherOptions<K, V> {
  knownKeys("createBatcher", options, known);
  const { send, cacheKey, clock = systemClock } = options;
  const all = { ...batcherDefaults, ...options };
  callable("send", send);
  if (cacheKey !== undefined && cacheKey !== false) callable("cacheKey", cacheKey);
  if (typeof all.name !== "string") rejectType("name", "a string", all.name);
  const maxConcurrency = all.maxConcurrency ?? batcherDefaults.maxConcurrency;
  const timeoutMs = durationMs("timeoutMs", all.timeoutMs ?? batcherDefaults.timeoutMs, Number.MIN_VALUE);
  return {
    send,
    cacheKey,
    clock,
    timeoutMs,
    maxBatchSize: integer("maxBatchSize", all.maxBatchSize ?? batcherDefaults.maxBatchSize, 1),
    maxWaitMs: durationMs("maxWaitMs", all.maxWaitMs ?? batcherDefaults.maxWaitMs),
    maxConcurrency:
      maxConcurrency === Number.POSITIVE_INFINITY
        ? maxConcurrency
        : integer("maxConcurrency", maxConcurrency, 1),
    maxQueue: integer("maxQueue", all.maxQueue ?? batcherDefaults.maxQueue, 1),
    name: all.name,
  };
}
