/**
 * How a wait is spread so that those who failed together don't come back together.
 * `full`: anywhere from 0 to the ceiling. `equal`: in the upper half of that, for a service that asked for time.
 */
export type Jitter = "full" | "equal";

/** Bounds of the waits between attempts. */
export interface BackoffBounds {
  /** Ceiling of the first wait, milliseconds ≥ 0; doubled for each further one. */
  readonly baseDelayMs: number;
  /** Highest ceiling, milliseconds. */
  readonly maxDelayMs: number;
}

/**
 * The wait before a further attempt.
 * ceiling = min(maxDelayMs, baseDelayMs × 2^retry); full: random × ceiling; equal: ceiling / 2 + random × ceiling / 2
 * @param retry 0 for the first
 * @param random from 0 up to, not including, 1
 * @returns milliseconds, ≥ 0
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  retry: number,
  jitter: Jitter,
  { baseDelayMs, maxDelayMs }: BackoffBounds,
  random: () => number,
): number {
  const ceiling = Math.min(maxDelayMs, baseDelayMs * 2 ** retry);
  return jitter === "full" ? random() * ceiling : (ceiling * (1 + random())) / 2;
}
