/** The task of all arms: computes for `ms` milliseconds, or, at 0, next to nothing. */
export default function task(ms: number): number {
  if (ms > 0) {
    const endMs = performance.now() + ms;
    while (performance.now() < endMs);
  }
  return ms + 1;
}

/** The same, with objects, which structured clone has to copy. */
export function withObjects({ ms }: { readonly ms: number }): { readonly value: number } {
  return { value: task(ms) };
}

/** Several in one message, for batches on top of a pool that knows only single tasks. */
export function batch(all: readonly number[]): { results: number[]; runMs: number } {
  const startedMs = performance.now();
  const results = all.map(task);
  return { results, runMs: performance.now() - startedMs };
}
