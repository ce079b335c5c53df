import type { Clock } from "../../clock.ts";
import { DeadlineError } from "../../errors.ts";

/**
 * Runs a load that nobody waits for, under the time limit of the caller who brought it about. One that never ended would
 * stay the load of its key: nobody would try again, and all who join it would wait for it, each for his own time.
 * Its failure is counted where it happens; the value that there is stays until its time is over.
 * @param timeoutMs none, if `undefined` or `Infinity`
 * @param late called when the time is up, and the load isn't over
 */
export function backgroundRefresh(
  load: (signal?: AbortSignal) => Promise<unknown>,
  timeoutMs: number | undefined,
  clock: Clock,
  late: () => void,
): void {
  if (timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY) {
    load().catch(() => undefined);
    return;
  }
  const controller = new AbortController();
  const timer = clock.setTimeout(() => {
    late();
    controller.abort(new DeadlineError("refresh in the background", timeoutMs));
  }, timeoutMs);
  const over = (): void => clock.clearTimeout(timer);
  load(controller.signal).then(over, over);
}
