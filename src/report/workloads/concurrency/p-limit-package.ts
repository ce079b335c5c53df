/** What is used of `p-limit`. */
export interface PLimit {
  <T>(fn: () => T | PromiseLike<T>): Promise<T>;
  readonly pendingCount: number;
}

/** Loads `p-limit`, in whichever module format it was found. */
export async function loadPLimit(peerUrl: string): Promise<(concurrency: number) => PLimit> {
  return ((await import(peerUrl)) as { readonly default: (concurrency: number) => PLimit }).default;
}
