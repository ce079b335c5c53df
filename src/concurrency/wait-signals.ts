import type { Waiter } from "./waiter.ts";

/** Those of one signal. */
interface Group {
  readonly waiters: Set<Waiter>;
  readonly listener: () => void;
}

/**
 * Waiters by the signal that they listen to, with one listener for each signal: an `EventTarget` looks through all its
 * listeners when one comes or goes, which would make many waiters of one signal slow.
 */
export class WaitSignals {
  readonly #onAbort: (waiters: Iterable<Waiter>) => void;
  readonly #groups = new Map<AbortSignal, Group>();

  /** @param onAbort takes the waiters, all of one signal, out of their queues */
  constructor(onAbort: (waiters: Iterable<Waiter>) => void) {
    this.#onAbort = onAbort;
  }

  /** @param signal one that hasn't aborted */
  add(waiter: Waiter, signal: AbortSignal): void {
    let group = this.#groups.get(signal);
    if (group === undefined) {
      const waiters = new Set<Waiter>();
      const listener = (): void => {
        this.#groups.delete(signal);
        this.#onAbort(waiters);
      };
      group = { waiters, listener };
      this.#groups.set(signal, group);
      signal.addEventListener("abort", listener, { once: true });
    }
    group.waiters.add(waiter);
  }

  remove(waiter: Waiter, signal: AbortSignal): void {
    const group = this.#groups.get(signal);
    if (group === undefined || !group.waiters.delete(waiter) || group.waiters.size > 0) return;
    this.#groups.delete(signal);
    signal.removeEventListener("abort", group.listener);
  }
}
