import { abortSignal, durationMs, finite, knownKeys, reject, rejectType } from "../options.ts";
import type { CacheDump, EntryOptions, LoadOptions } from "./cache.ts";

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
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`load: expected what \`dump\` of this version gave; ${why}`, { cause });
  }
}
