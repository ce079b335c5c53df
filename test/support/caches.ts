import { AdaptiveCache } from "../../src/algorithms/adaptive-cache.ts";
import { LruCache } from "../../src/algorithms/lru-cache.ts";
import { TimedCache } from "../../src/algorithms/timed-cache.ts";
import type { CacheUnderTest } from "./cache-run.ts";

/** All kinds of cache that there are. */
export const caches: readonly CacheUnderTest[] = [
  { name: "LruCache", create: (options) => new LruCache(options), isLru: true, slides: false },
  {
    name: "TimedCache",
    create: ({ ttlMs = Number.POSITIVE_INFINITY, ...rest }) => new TimedCache({ ttlMs, ...rest }),
    isLru: false,
    slides: true,
  },
  { name: "AdaptiveCache", create: (options) => new AdaptiveCache(options), isLru: false, slides: false },
];
