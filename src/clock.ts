/** A scheduled call; opaque outside its clock. */
export type TimerHandle = unknown;

/**
 * Where the code takes time from, so that tests can hold it still.
 * Time is monotonic: it never runs backwards and knows nothing of the calendar.
 */
export interface Clock {
  /** @returns milliseconds since an arbitrary origin, fractional, never decreasing */
  now(): number;
  /** Calls `fn` once after `delayMs` (≥ 0). The timer alone never keeps the process alive. */
  setTimeout(fn: () => void, delayMs: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

/** Longest delay that Node's timers take (2^31 − 1 ms, about 24.8 days); a longer one would fire at once. */
const maxDelayMs = 2_147_483_647;

export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  setTimeout: (fn: () => void, delayMs: number) => setTimeout(fn, Math.min(delayMs, maxDelayMs)).unref(),
  clearTimeout: (handle: TimerHandle) => clearTimeout(handle as NodeJS.Timeout),
});
