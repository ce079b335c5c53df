import type { RememberedSelection } from "../remembered-selection.ts";
import type { SelectContext } from "../select-context.ts";
import type { CacheSelector } from "../selection.ts";
import { SelectionCache, type SelectionCacheBounds, type SelectionCacheStats } from "./selection-cache.ts";
import { SelectionKey } from "./selection-key.ts";
import { writeSelectionKey } from "./write-selection-key.ts";

/** Place of the query among a key's parts. */
const queryPart = 3;

/** Selections that were made: of queries alone, and of queries in their conversations, each kind in a cache of its own. */
export class SelectionCaches {
  /** Of the selection that `of` was last asked for. */
  readonly key = new SelectionKey();
  readonly #queries: SelectionCache<RememberedSelection>;
  readonly #contexts: SelectionCache<RememberedSelection>;

  constructor(bounds: { readonly query: SelectionCacheBounds; readonly context: SelectionCacheBounds }) {
    this.#queries = new SelectionCache(bounds.query);
    this.#contexts = new SelectionCache(bounds.context);
  }

  /** Writes the key of a selection. @returns the cache that it belongs to */
  of(
    version: number,
    revision: number,
    query: string,
    context: SelectContext,
    k: number,
  ): SelectionCache<RememberedSelection> {
    const hasConversation = writeSelectionKey(this.key, version, revision, query, context, k);
    return hasConversation ? this.#contexts : this.#queries;
  }

  /** Forgets what a selector names. @returns how many */
  delete({ namespace, query }: CacheSelector): number {
    const matches = (parts: readonly unknown[]): boolean => query === undefined || parts[queryPart] === query;
    let removed = 0;
    if (namespace === undefined || namespace === "query") removed += this.#queries.deleteWhere(matches);
    if (namespace === undefined || namespace === "context") removed += this.#contexts.deleteWhere(matches);
    return removed;
  }

  clear(): void {
    this.#queries.clear();
    this.#contexts.clear();
  }

  stats(): { readonly query: SelectionCacheStats; readonly context: SelectionCacheStats } {
    return { query: this.#queries.stats(), context: this.#contexts.stats() };
  }
}
