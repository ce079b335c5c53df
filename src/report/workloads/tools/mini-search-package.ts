/** What is used of `minisearch`. */
export interface MiniSearch {
  addAll(documents: readonly object[]): void;
  search(query: string): { readonly id: string }[];
}

/** Loads `minisearch`, in whichever module format it was found. */
export async function loadMiniSearch(
  peerUrl: string,
): Promise<new (options: { readonly fields: readonly string[]; readonly idField?: string }) => MiniSearch> {
  const module = (await import(peerUrl)) as { readonly default: unknown };
  const { default: found } = module;
  return (
    typeof found === "function" ? found : (found as { readonly default: unknown }).default
  ) as new (options: {
    readonly fields: readonly string[];
  }) => MiniSearch;
}
