import { LeakDetectionRunningError } from "../../errors.ts";

const running = new Set<string>();

/**
 * There is one heap in a thread, and one at a time can look for leaks in it in the same way.
 * @returns gives the turn back; calling it twice does nothing
 * @throws {LeakDetectionRunningError} when it is taken
 */
export function takeTurn(what: "detectLeaks" | "LeakDetector"): () => void {
  if (running.has(what)) throw new LeakDetectionRunningError(what);
  running.add(what);
  let given = false;
  return () => {
    if (!given) running.delete(what);
    given = true;
  };
}
