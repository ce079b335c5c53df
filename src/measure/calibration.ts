/** A round may be no longer than this many operations, however fast they are. */
export const maxCount = 2 ** 40;

/**
 * Decides how many operations to try next on the way to a round of the wished length.
 * A short trial says little of the steady speed (start-up, cold code), so it may only raise the count tenfold.
 * @param count operations of the trial, ≥ 1
 * @param elapsedMs how long they took, ≥ 0
 * @param roundMs wished length, > 0
 * @returns the count of a round, and whether the trial was long enough (≥ half a round) to trust it
 */
export function nextCount(
  count: number,
  elapsedMs: number,
  roundMs: number,
): { readonly count: number; readonly settled: boolean } {
  const scaled = elapsedMs > 0 ? (count * roundMs) / elapsedMs : Number.POSITIVE_INFINITY;
  const settled = elapsedMs >= roundMs / 2 || count >= maxCount;
  const bounded = Math.min(scaled, settled ? scaled : count * 10, maxCount);
  return { count: Math.max(1, Math.round(bounded)), settled };
}
