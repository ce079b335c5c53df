import type { Clock } from "../../clock.ts";
import { DeadlineError } from "../../errors.ts";
import type { Operation } from "../driver.ts";
import { onCut } from "./bounded-wait.ts";

const [busy, locked] = [5, 6];

/** Does the error say that another connection holds a lock, so that trying again may help? */
export function isBusy(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (typeof errcode === "number") return (errcode & 0xff) === busy || (errcode & 0xff) === locked;
  return typeof code === "string" && /^SQLITE_(BUSY|LOCKED)/.test(code);
}

/** @param attempt from 0 @returns milliseconds to wait before the next: 1, 2, 4, … 50 */
export function busyDelayMs(attempt: number): number {
  return Math.min(50, 2 ** attempt);
}

/**
 * Tries until no other process is in the way, leaving the event loop free in between.
 * @throws the driver's busy error after `busyTimeoutMs`; {@link DeadlineError} (caused by it) at the deadline; the
 * signal's reason; every other error of `attempt` at once
 */
export async function retryWhileBusy<T>(
  attempt: () => T | Promise<T>,
  operation: Operation,
  busyTimeoutMs: number,
  clock: Clock,
): Promise<T> {
  const started = clock.now();
  // The clock's timers alone would let the process end in the middle of the wait.
  const alive = setInterval(() => {}, 60_000);
  try {
    for (let tries = 0; ; tries++) {
      operation.signal?.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        if (!isBusy(error)) throw error;
        const now = clock.now();
        if (now >= operation.deadline)
          throw new DeadlineError("waiting for another process's lock", Math.round(now - started), {
            cause: error,
          });
        if (now - started >= busyTimeoutMs) throw error;
        await pause(Math.min(busyDelayMs(tries), operation.deadline - now), operation, clock);
      }
    }
  } finally {
    clearInterval(alive);
  }
}

function pause(delayMs: number, { signal }: Operation, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      stop();
      resolve();
    }, delayMs);
    const stop = onCut({ deadline: Number.POSITIVE_INFINITY, signal }, clock, "", (reason) => {
      clock.clearTimeout(timer);
      reject(reason);
    });
  });
}
