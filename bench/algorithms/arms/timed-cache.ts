import { type Arm, seededRandom, shuffled } from "../../../src/measure/index.ts";
import { makeKeys, value } from "./keys.ts";
import { openTimedCache, type TimedCacheId } from "./timed-caches.ts";

export type Operation = "get-hit" | "set-existing" | "set-new";

export interface TimedOperation {
  readonly cache: TimedCacheId;
  readonly capacity: number;
  readonly operation: Operation;
}

/** Long enough for nothing to expire meanwhile. */
const ttlMs = 300_000;

/** One operation on a full cache. The keys are the same strings each time; those that the cache holds are in random order. */
export async function setup(args: unknown): Promise<Arm> {
  const { cache: id, capacity, operation } = args as TimedOperation;
  const cache = await openTimedCache<string>(id, capacity, ttlMs);
  // New keys are long gone when they come again.
  const count = operation === "set-new" ? 20 * capacity : capacity;
  const made = makeKeys("strings", count) as string[];
  const keys = operation === "set-new" ? made : shuffled(made, seededRandom(1));
  for (const key of keys) cache.set(key, value);
  let at = 0;
  let absent = 0;
  const next = (): string => {
    at = at + 1 === count ? 0 : at + 1;
    return keys[at]!;
  };
  const get = (): void => {
    if (cache.get(next()) === undefined) absent++;
  };
  const set = (): void => {
    cache.set(next(), value);
  };
  const step = operation === "get-hit" ? get : set;
  return {
    run(times) {
      for (let i = 0; i < times; i++) step();
    },
    answer: () => ({ absent, held: cache.size }),
  };
}
