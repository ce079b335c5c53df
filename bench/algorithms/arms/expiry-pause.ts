import { setTimeout as wait } from "node:timers/promises";
import { type Arm, seededRandom } from "../../../src/measure/index.ts";
import { type Key, makeKeys, value } from "./keys.ts";
import { type BenchTimedCache, openTimedCache, type TimedCacheId } from "./timed-caches.ts";

export interface Expiring {
  /** `undefined` for none: what the machine itself does to an event loop. */
  readonly cache: TimedCacheId | undefined;
  readonly entries: number;
  /** Over how many milliseconds their ends are spread; 0 for one moment. */
  readonly spreadMs: number;
}

/** The first entry expires so long after filling began, if it is done a second before. */
const fillMs = 2_500;
/** Once the last entry's time is over, stragglers are waited for as long. */
const graceMs = 3_000;

/**
 * One operation: fills a cache, whose entries then all expire while the event loop turns as often as it can. Nothing is read.
 * `longestMs` is the longest time between two turns from just before the first entry's end until none is left, and
 * 200 ms on; `fullBytes` and `leftBytes` are what the cache takes before and after, `leftEntries` what it still holds.
 */
export async function setup(args: unknown): Promise<Arm> {
  const { cache: id, entries, spreadMs } = args as Expiring;
  const keys = makeKeys("strings", entries);
  const random = seededRandom(1);
  // Set out of time's order, as they would be with several kinds of entries.
  const ends = Float64Array.from({ length: entries }, () => Math.floor(random() * (spreadMs + 1)));
  const before = await usedBytes();
  const counters = { longestMs: 0, fullBytes: 0, leftBytes: 0, leftEntries: 0 };
  const fill = async (withinMs: number): Promise<{ cache?: BenchTimedCache<Key>; due: number }> => {
    if (id === undefined) return { due: performance.now() + 500 };
    const cache = await openTimedCache<Key>(id, entries, withinMs);
    const due = performance.now() + withinMs;
    for (let i = 0; i < entries; i++)
      cache.setFor(keys[i]!, value, Math.max(1, Math.ceil(due + ends[i]! - performance.now())));
    return performance.now() < due - 1000 ? { cache, due } : fill(2 * withinMs);
  };

  return {
    async run() {
      const { cache, due } = await fill(fillMs);
      counters.fullBytes = (await usedBytes()) - before;
      await wait(Math.max(0, due - performance.now() - 100));
      const last = due + spreadMs;
      counters.longestMs = await longestPause(
        (now) => now > last + graceMs || (now > last && (cache === undefined || cache.size === 0)),
      );
      counters.leftEntries = cache?.size ?? 0;
      counters.leftBytes = (await usedBytes()) - before;
    },
    counters: () => counters,
  };
}

/** @returns milliseconds between two turns of the event loop, at most, until 200 ms after `isOver` */
async function longestPause(isOver: (now: number) => boolean): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let until = Number.POSITIVE_INFINITY;
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      if (until === Number.POSITIVE_INFINITY && isOver(now)) until = now + 200;
      if (now < until) setImmediate(turn);
      else resolve();
    };
    setImmediate(turn);
  });
  return longest;
}

/** After a full collection; `external` includes the array buffers. */
async function usedBytes(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    gc!();
    // Array buffers are freed by another thread.
    await wait(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
