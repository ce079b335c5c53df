import type { Clock } from "./clock.ts";
import { DeadlineError } from "./errors.ts";

/** Bounds of one operation, shared by all its steps; no step re-arms them. */
export interface Bounded {
  /** Absolute, in milliseconds of the clock in use; `Infinity` for none. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for work that goes on by itself.
 * @returns what `promise` gives, if it settles by the deadline
 * @throws {DeadlineError} at the deadline; the work is not stopped
 */
export function within<T>(
  promise: Promise<T>,
  { deadline }: Bounded,
  timeoutMs: number,
  clock: Clock,
): Promise<T> {
  if (deadline === Number.POSITIVE_INFINITY) return promise;
  return new Promise<T>((resolve, reject) => {
    const timer = clock.setTimeout(
      () => reject(new DeadlineError("waiting for a load that is under way", timeoutMs)),
      Math.max(0, deadline - clock.now()),
    );
    const settle = <A extends unknown[]>(finish: (...args: A) => void) => {
      return (...args: A) => {
        clock.clearTimeout(timer);
        finish(...args);
      };
    };
    promise.then(settle(resolve), settle(reject));
  });
}
