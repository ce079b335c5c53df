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
 * @param step what is waited for, for the message
 * @returns what `promise` gives, if it settles in time
 * @throws {DeadlineError} at the deadline, or the signal's reason when it aborts; the work is not stopped
 */
export function within<T>(
  promise: Promise<T>,
  { deadline, signal }: Bounded,
  step: string,
  timeoutMs: number,
  clock: Clock,
): Promise<T> {
  if (deadline === Number.POSITIVE_INFINITY && signal === undefined) return promise;
  if (signal?.aborted) {
    // What it fails with later is nobody's any more.
    promise.catch(() => undefined);
    return Promise.reject(signal.reason);
  }
  return new Promise<T>((resolve, reject) => {
    const expire = () => settle(() => reject(new DeadlineError(step, timeoutMs)));
    const abort = () => settle(() => reject(signal?.reason));
    const timer = clock.setTimeout(expire, Math.max(0, deadline - clock.now()));
    signal?.addEventListener("abort", abort);
    const settle = (finish: () => void) => {
      clock.clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      finish();
    };
    promise.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
  });
}
