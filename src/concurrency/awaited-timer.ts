import type { Clock, TimerHandle } from "../clock.ts";

/** A timer for a caller who waits for nothing else: unlike the clock's own, it keeps the process alive. */
export function awaitedTimer(clock: Clock, fn: () => void, delayMs: number): TimerHandle {
  const handle = clock.setTimeout(fn, delayMs);
  (handle as Partial<NodeJS.Timeout> | undefined)?.ref?.();
  return handle;
}

/** @returns after `delayMs`; @throws the signal's reason as soon as it aborts */
export function pause(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      clock.clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = awaitedTimer(
      clock,
      () => {
        signal.removeEventListener("abort", abort);
        resolve();
      },
      delayMs,
    );
    signal.addEventListener("abort", abort, { once: true });
  });
}
