/** The task of all arms: computes for `ms` milliseconds, or, at 0, next to nothing. */
export default function task(ms: number): number {
  if (ms > 0) {
    const endMs = performance.now() + ms;
    while (performance.now() < endMs);
  }
  return ms + 1;
}

/** Several in one message, for batches on top of a pool that knows only single tasks. */
export function batch(all: readonly number[]): { results: number[]; runMs: number } {
  const startedMs = performance.now();
  const results = all.map(task);
  return { results, runMs: performance.now() - startedMs };
}
