import type { SelectionCache } from "./caches/selection-cache.ts";
import type { Ranked } from "./ranker.ts";
import type { SelectContext } from "./select-context.ts";
import { ownText } from "./text/own-text.ts";

/** What is kept of a selection, for as long as its id is known. */
export interface RememberedSelection extends Ranked {
  readonly query: string;
  readonly taskType: string | undefined;
  readonly vector: Int8Array | undefined;
  /** Where selections for the same are cached: not the entry, which may be another one by then, and has the whole conversation. */
  readonly cache: SelectionCache<RememberedSelection>;
  readonly keyHash: number;
  /** By which other nodes find it. */
  readonly sharedParts: readonly unknown[] | undefined;
}

/** Longest query that is remembered for `explain`, in UTF-16 units. */
const longestRemembered = 8_192;

export function remember(
  ranked: Ranked,
  query: string,
  { taskType }: SelectContext,
  vector: Int8Array | undefined,
  { cache, keyHash, sharedParts }: Pick<RememberedSelection, "cache" | "keyHash" | "sharedParts">,
): RememberedSelection {
  return {
    tools: ranked.tools,
    terms: ranked.terms,
    candidates: ranked.candidates,
    query: query.length > longestRemembered ? ownText(query.slice(0, longestRemembered)) : query,
    taskType,
    vector,
    cache,
    keyHash,
    sharedParts,
  };
}

/** Bytes of a remembered selection, names aside, which the catalogue holds anyway. */
export function sizeOf({ tools, terms, candidates, vector }: RememberedSelection): number {
  let bytes = 160 + 56 * tools.length + 56 * candidates.length + (vector?.length ?? 0);
  for (let i = 0; i < terms.length; i++) bytes += 8 + 2 * terms[i]!.length;
  return bytes;
}

/** Did what fitted best, wherever in the order it came, do what was wanted? */
export function confirms(
  { tools }: RememberedSelection,
  used: readonly string[],
  succeeded: boolean,
): boolean {
  if (!succeeded || tools.length === 0) return false;
  const best = tools.reduce((a, b) => (b.score > a.score ? b : a));
  return used.includes(best.name);
}
