import type { Clock, TimerHandle } from "../../clock.ts";

/** A clock that is read once for all steps of one call: reading the system's costs as much as finding an entry. */
export class PinnedClock implements Clock {
  readonly #clock: Clock;
  #pinned = 0;
  #isPinned = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Reads the time, which stays the same until `unpin`. */
  pin(): number {
    this.#pinned = this.#clock.now();
    this.#isPinned = true;
    return this.#pinned;
  }

  unpin(): void {
    this.#isPinned = false;
  }

  now(): number {
    return this.#isPinned ? this.#pinned : this.#clock.now();
  }

  setTimeout(fn: () => void, delayMs: number): TimerHandle {
    return this.#clock.setTimeout(fn, delayMs);
  }

  clearTimeout(handle: TimerHandle): void {
    this.#clock.clearTimeout(handle);
  }
}
