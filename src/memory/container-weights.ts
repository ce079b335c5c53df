import { AdaptiveCache } from "../algorithms/adaptive-cache.ts";
import { LruCache } from "../algorithms/lru-cache.ts";
import type { AlgorithmOptimizer } from "../algorithms/optimizer.ts";
import { TimedCache } from "../algorithms/timed-cache.ts";
import { integer, knownKeys } from "../options.ts";
import { estimateBytes } from "./estimate-bytes.ts";

/** What a container takes, by an estimate. */
export interface ContainerWeight {
  readonly entries: number;
  /** Of keys, values and the container itself. */
  readonly bytes: number;
  /** 0 when it is empty. */
  readonly bytesPerEntry: number;
  /** Entries whose keys and values were looked at; the others count as they do on average. */
  readonly sampled: number;
}

export interface ContainerEstimateOptions {
  /** Entries looked at, at most, spread evenly; ≥ 1. @default 1000 */
  readonly maxSamples?: number | undefined;
}

/** Key, value and chain of an entry in V8's `Map`, whose tables are filled to three quarters on average. */
const mapEntryBytes = 37;
/** As the report's row on memory per entry measures them, full. */
const ownEntryBytes = 38;
/** `TimedCache` knows of each entry when it ends, and its neighbours in the timer wheel. */
const timedEntryBytes = ownEntryBytes + 16;

/**
 * Memory of a cache or a `Map`, with all that its entries refer to.
 * Takes time by its entries: some 3 µs for each that is looked at, and next to nothing for each other.
 * @throws {RangeError} when `maxSamples` is no integer ≥ 1
 */
export function estimateContainer(
  container: Iterable<readonly [unknown, unknown]> & { readonly size: number },
  options: ContainerEstimateOptions = {},
): ContainerWeight {
  knownKeys("estimateContainer", options, ["maxSamples"]);
  const maxSamples = integer("maxSamples", options.maxSamples ?? 1000, 1);
  const stride = Math.max(1, Math.ceil(container.size / maxSamples));
  const sample: unknown[] = [];
  let entries = 0;
  for (const [key, value] of container) if (entries++ % stride === 0) sample.push(key, value);
  if (entries === 0) return { entries, bytes: 0, bytesPerEntry: 0, sampled: 0 };
  const sampled = sample.length / 2;
  const listBytes = estimateBytes(sample.map(() => true));
  const bytesPerEntry = (estimateBytes(sample) - listBytes) / sampled + ownBytes(container);
  return { entries, bytes: Math.round(bytesPerEntry * entries), bytesPerEntry, sampled };
}

/**
 * Every named cache and filter of an optimizer, by name. Of a filter, the entries are those that it is estimated to have.
 * @throws as `estimateContainer`
 */
export function estimateContainers(
  algorithms: AlgorithmOptimizer,
  options: ContainerEstimateOptions = {},
): Readonly<Record<string, ContainerWeight>> {
  const weights: [string, ContainerWeight][] = [];
  for (const name of Object.keys(algorithms.getCacheStats().caches)) {
    const cache = algorithms.getCache(name) as unknown as Iterable<[unknown, unknown]> & { size: number };
    weights.push([name, estimateContainer(cache, options)]);
  }
  for (const [name, { sizeBytes, estimatedCount }] of Object.entries(algorithms.getFilterStats())) {
    const entries = Math.round(estimatedCount);
    const bytesPerEntry = entries === 0 ? 0 : sizeBytes / entries;
    weights.push([name, { entries, bytes: sizeBytes, bytesPerEntry, sampled: 0 }]);
  }
  return Object.fromEntries(weights);
}

function ownBytes(container: object): number {
  if (container instanceof TimedCache) return timedEntryBytes;
  if (container instanceof LruCache || container instanceof AdaptiveCache) return ownEntryBytes;
  return mapEntryBytes;
}
