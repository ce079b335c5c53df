import type { Clock } from "../../clock.ts";
import { DeadlineError } from "../../errors.ts";
import type { Operation } from "../driver.ts";

/**
 * Calls `cut` once, when the operation's deadline passes or its signal aborts, whichever is first.
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
  const stop = (): void => {
    if (timer !== undefined) clock.clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
  };
  const aborted = (): void => {
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
  signal?.addEventListener("abort", aborted, { once: true });
  return stop;
}

/** @throws the signal's reason, or {@link DeadlineError}, when the operation has no time left */
export function requireTime(operation: Operation, nowMs: number, step: string): void {
  if (operation.signal?.aborted) throw operation.signal.reason;
  if (nowMs >= operation.deadline) throw new DeadlineError(step, 0);
}
