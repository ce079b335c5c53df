import { systemClock } from "../../clock.ts";
import { awaitedTimer } from "../../concurrency/awaited-timer.ts";

/** Where the server doesn't say when a lease ends, it is asked again after so long. */
const askAgainMs = 50;

/**
 * Waits for the end of a lease. Never rejects.
 * @param isHeld whether there is one, and its end will be told of
 * @param onEnd calls when it is told of
 */
export function leasePause(
  isHeld: Promise<boolean>,
  onEnd: (ended: () => void) => void,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    let isOver = false;
    const finish = () => {
      isOver = true;
      systemClock.clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    let timer = awaitedTimer(systemClock, finish, Math.max(0, waitMs));
    signal?.addEventListener("abort", finish, { once: true });
    const soon = () => {
      if (isOver) return;
      systemClock.clearTimeout(timer);
      timer = awaitedTimer(systemClock, finish, Math.min(waitMs, askAgainMs * (0.5 + Math.random() / 2)));
    };
    isHeld.then((held) => {
      if (held) onEnd(finish);
      else soon();
    }, soon);
  });
}
