import type { Clock } from "../../clock.ts";
import { DeadlineError } from "../../errors.ts";
import type { Operation } from "../driver.ts";

/**
 * Calls `cut` once, when the operation's deadline passes or its signal aborts, whichever is first; never before it returns.
 * @param step what is being waited for; named by the error
 * @returns a function that calls it off
 */
export function onCut(
  operation: Operation,
  clock: Clock,
  step: string,
  cut: (reason: unknown) => void,
): () => void {
  const { deadline, signal } = operation;
  const started = clock.now();
  let isOver = false;
  const stop = (): void => {
    isOver = true;
    if (timer !== undefined) clock.clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
  };
  const aborted = (): void => {
    if (isOver) return;
    stop();
    cut(signal?.reason);
  };
  const timer =
    deadline === Number.POSITIVE_INFINITY
      ? undefined
      : clock.setTimeout(
          () => {
            stop();
            cut(new DeadlineError(step, Math.max(0, Math.round(deadline - started))));
          },
          Math.max(0, deadline - started),
        );
  // The caller has what it cuts only once this has returned.
  if (signal?.aborted) queueMicrotask(aborted);
  else signal?.addEventListener("abort", aborted, { once: true });
  return stop;
}

/** @throws the signal's reason, or {@link DeadlineError}, when the operation has no time left */
export function requireTime(operation: Operation, nowMs: number, step: string): void {
  if (operation.signal?.aborted) throw operation.signal.reason;
  if (nowMs >= operation.deadline) throw new DeadlineError(step, 0);
}
