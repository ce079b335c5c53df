import { abortSignal, durationMs, finite, integer, knownKeys, reject, rejectType } from "../options.ts";
import { thrownText } from "../thrown-text.ts";
import type { CacheBounds, CacheDump, EntryOptions, LoadOptions } from "./cache.ts";

/** What may be said of an entry when it is stored. */
export type StoreOptions = EntryOptions & Pick<LoadOptions, "staleMs">;

const entryOptions = ["ttlMs", "tags"];
const loadOptions = [...entryOptions, "staleMs", "refreshAheadMs", "timeoutMs", "signal"];

/** @throws {RangeError | TypeError} naming the option, what was expected and what came */
export function checkEntryOptions(options: EntryOptions): void {
  knownKeys("set", options, entryOptions);
  checkEntry(options);
}

/** @throws {RangeError | TypeError} naming the option, what was expected and what came */
export function checkLoadOptions(options: LoadOptions): void {
  knownKeys("getOrLoad", options, loadOptions);
  checkEntry(options);
  if (options.staleMs !== undefined) durationMs("staleMs", options.staleMs);
  if (options.refreshAheadMs !== undefined) durationMs("refreshAheadMs", options.refreshAheadMs);
  abortSignal(options.signal);
  const { timeoutMs } = options;
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0))
    reject("timeoutMs", "milliseconds > 0", timeoutMs);
}

function checkEntry({ ttlMs, tags }: EntryOptions): void {
  if (ttlMs !== undefined) durationMs("ttlMs", ttlMs);
  if (tags === undefined) return;
  if (!Array.isArray(tags)) rejectType("tags", "an array of strings", tags);
  for (const [i, tag] of tags.entries())
    if (typeof tag !== "string") rejectType(`tags[${i}]`, "a string", tag);
}

/** @throws {TypeError} when it can't be loaded as it is */
export function checkDump(dump: CacheDump<unknown, unknown>): void {
  try {
    if (typeof dump !== "object" || dump === null) rejectType("dump", "an object", dump);
    if (dump.version !== 1) throw new TypeError(`version: expected 1, got ${String(dump.version)}`);
    finite("at", dump.at, 0);
    if (!Array.isArray(dump.entries)) rejectType("entries", "an array", dump.entries);
    for (const entry of dump.entries) {
      if (typeof entry !== "object" || entry === null) rejectType("entry", "an object", entry);
      if (entry.value === undefined) throw new TypeError("an entry has no value");
      checkEntry(entry);
    }
  } catch (cause) {
    const why = thrownText(cause);
    throw new TypeError(`load: expected what \`dump\` of this version gave; ${why}`, { cause });
  }
}

/** As many as V8's `Map` can hold. */
const mostEntries = 2 ** 24;

/**
 * @param isWeighed whether the cache has a `weigh`
 * @returns both bounds, without a limit where one isn't given
 * @throws {TypeError | RangeError} when there is none, or one that can't be
 */
export function checkBounds(
  { maxSize, maxWeight }: CacheBounds,
  isWeighed: boolean,
): { readonly maxSize: number; readonly maxWeight: number } {
  if (maxSize === undefined && maxWeight === undefined)
    reject("maxSize", "an integer ≥ 1, or a maxWeight (a cache without a bound is a leak)", maxSize);
  if (maxWeight !== undefined && !isWeighed)
    throw new TypeError("weigh: expected a function, since there is a maxWeight");
  return {
    maxSize: maxSize === undefined ? mostEntries : integer("maxSize", maxSize, 1, mostEntries),
    maxWeight:
      maxWeight === undefined ? Number.POSITIVE_INFINITY : finite("maxWeight", maxWeight, Number.MIN_VALUE),
  };
}

/** @throws {RangeError} when what `weigh` gave is none */
export function checkWeight(weight: number): number {
  return weight > 0 && Number.isFinite(weight) ? weight : reject("weigh", "a finite number > 0", weight);
}
