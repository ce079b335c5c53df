/** A key whose refreshes fail. */
interface Failing {
  readonly inARow: number;
  /** In milliseconds of the cache's clock. */
  readonly untilMs: number;
}

const firstPauseMs = 100;
const longestPauseMs = 30_000;
/** Keys remembered at most. One that was forgotten is refreshed at its next stale read. */
const mostKeys = 1000;

/** For how long a key isn't refreshed again after its refresh failed: 100 ms, twice as long after each further failure, 30 s at most. */
export class RefreshPauses<K> {
  readonly #failing = new Map<K, Failing>();

  isPaused(key: K, nowMs: number): boolean {
    if (this.#failing.size === 0) return false;
    const failing = this.#failing.get(key);
    return failing !== undefined && nowMs < failing.untilMs;
  }

  failed(key: K, nowMs: number): void {
    const inARow = (this.#failing.get(key)?.inARow ?? 0) + 1;
    this.#failing.delete(key);
    for (const oldest of this.#failing.keys()) {
      if (this.#failing.size < mostKeys) break;
      this.#failing.delete(oldest);
    }
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (inARow - 1));
    this.#failing.set(key, { inARow, untilMs: nowMs + pauseMs });
  }

  succeeded(key: K): void {
    if (this.#failing.size > 0) this.#failing.delete(key);
  }
}
