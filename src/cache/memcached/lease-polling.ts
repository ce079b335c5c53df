import type { Clock } from "../../clock.ts";
import { pause } from "../../concurrency/awaited-timer.ts";

const firstPauseMs = 5;
const longestPauseMs = 250;

/**
 * Waits for the end of somebody's lease by asking now and then: often at first, since most loads are short, then less, each
 * time at another moment than others who wait.
 * @param isHeld asks; when that fails, the wait is over
 * @param waitMs at most
 */
export async function awaitLeaseEnd(
  isHeld: () => Promise<boolean>,
  waitMs: number,
  signal: AbortSignal,
  clock: Clock,
): Promise<void> {
  const untilMs = clock.now() + waitMs;
  let pauseMs = firstPauseMs;
  try {
    while (!signal.aborted && (await isHeld())) {
      const leftMs = untilMs - clock.now();
      if (leftMs <= 0) return;
      await pause(Math.min(leftMs, pauseMs * (0.5 + Math.random() / 2)), clock, signal);
      pauseMs = Math.min(longestPauseMs, pauseMs * 1.5);
    }
  } catch {
    // Aborted, or the server can't be asked: the caller will see, and mustn't be kept from it.
  }
}
