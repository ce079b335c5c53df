/** Shorter measurements say little. */
const windowMs = 100;

interface Activity {
  readonly active: number;
  readonly idle: number;
}

/** Share of the time that threads were active, over the latest window of at least 100 ms. */
export class WorkerUtilization<T extends { utilization(): Activity }> {
  #before = new Map<T, Activity>();
  #sinceMs = Number.NEGATIVE_INFINITY;
  #latest: number | undefined;

  /** @returns 0–1; `undefined` when no thread has been there for a whole window */
  look(threads: readonly T[], nowMs: number): number | undefined {
    if (nowMs - this.#sinceMs < windowMs) return this.#latest;
    const now = new Map(threads.map((thread) => [thread, thread.utilization()]));
    let active = 0;
    let all = 0;
    for (const [thread, { active: activeMs, idle: idleMs }] of now) {
      const before = this.#before.get(thread);
      if (before === undefined) continue;
      active += activeMs - before.active;
      all += activeMs - before.active + (idleMs - before.idle);
    }
    this.#before = now;
    this.#sinceMs = nowMs;
    // Between two looks a thread's clock may stand still, or run back by what its last measurement was ahead.
    this.#latest = all > 0 ? Math.min(1, Math.max(0, active / all)) : undefined;
    return this.#latest;
  }
}
