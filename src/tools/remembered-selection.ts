import type { CachedSelection, SelectionCache } from "./caches/selection-cache.ts";
import type { Ranked } from "./ranker.ts";
import type { SelectContext } from "./select-context.ts";

/** What is kept of a selection, for as long as its id is known. */
export interface RememberedSelection extends Ranked {
  readonly query: string;
  readonly taskType: string | undefined;
  readonly vector: Int8Array | undefined;
  /** Where it is cached. */
  cachedIn: SelectionCache<RememberedSelection> | undefined;
  entry: CachedSelection<RememberedSelection> | undefined;
}

/** Longest query that is remembered for `explain`, in UTF-16 units. */
const longestRemembered = 8_192;

export function remember(
  ranked: Ranked,
  query: string,
  { taskType }: SelectContext,
  vector: Int8Array | undefined,
): RememberedSelection {
  return {
    tools: ranked.tools,
    terms: ranked.terms,
    candidates: ranked.candidates,
    query: query.length > longestRemembered ? query.slice(0, longestRemembered) : query,
    taskType,
    vector,
    cachedIn: undefined,
    entry: undefined,
  };
}

/** Bytes of a remembered selection, names aside, which the catalogue holds anyway. */
export function sizeOf({ tools, terms, candidates, vector }: RememberedSelection): number {
  let bytes = 160 + 56 * tools.length + 56 * candidates.length + (vector?.length ?? 0);
  for (let i = 0; i < terms.length; i++) bytes += 8 + 2 * terms[i]!.length;
  return bytes;
}

/** Did what came first do what was wanted? */
export function confirms(
  { tools }: RememberedSelection,
  used: readonly string[],
  succeeded: boolean,
): boolean {
  return succeeded && tools.length > 0 && used.includes(tools[0]!.name);
}
