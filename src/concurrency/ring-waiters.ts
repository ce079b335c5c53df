import type { RingEvent } from "./ring-event.ts";
import { hold, release } from "./ring-keep-alive.ts";

/** Somebody in this thread who waits without blocking it. */
export interface RingWaiter {
  /** Tries once. @returns whether it is done, well or ill; must not throw */
  attempt(): boolean;
}

/**
 * Those who wait for one event in one thread, first come, first served. They share one `Atomics.waitAsync`, since that
 * can't be taken back: who gives up only leaves this queue, and however often that happens, the engine's list has one
 * entry of ours. While somebody waits the process is kept alive.
 */
export class RingWaiters {
  readonly #event: RingEvent;
  readonly #queue = new Set<RingWaiter>();
  #armed = false;
  #flushing = false;

  constructor(event: RingEvent) {
    this.#event = event;
  }

  get size(): number {
    return this.#queue.size;
  }

  /** Tries for all before, and then for `waiter`; who isn't done waits. */
  add(waiter: RingWaiter): void {
    this.#queue.add(waiter);
    if (this.#queue.size === 1) hold();
    this.#arm();
  }

  delete(waiter: RingWaiter): void {
    if (this.#queue.delete(waiter) && this.#queue.size === 0) release();
  }

  /** Lets those who wait try, in order, until one fails. @returns whether nobody waits any more */
  flush(): boolean {
    // What tries may be an item's own `toJSON`, which uses the ring: whoever tries now comes before it.
    if (this.#flushing) return false;
    this.#flushing = true;
    try {
      for (const waiter of this.#queue) {
        if (!waiter.attempt()) return false;
        this.delete(waiter);
      }
      return true;
    } finally {
      this.#flushing = false;
    }
  }

  #arm(): void {
    // An armed wait was announced before this waiter tried, so what happens later is told.
    if (this.#armed) {
      this.flush();
      return;
    }
    while (!this.flush()) {
      const ticket = this.#event.announce();
      if (this.flush()) return;
      const signal = this.#event.next(ticket);
      if (signal === undefined) continue;
      this.#armed = true;
      signal.then(() => {
        this.#armed = false;
        this.#arm();
      });
      return;
    }
  }
}
