import type { RingMemory } from "./ring-memory.ts";

/**
 * Something that happens again and again ("there is a record", "there is room") and that threads wait for, in one word:
 * a count of wake-ups, with bit 0 set while somebody may be waiting. Who makes it happen pays one atomic load when
 * nobody waits.
 *
 * No wake-up is lost. A waiter does: set bit 0 and note the word; look again; sleep while the word is as noted. A
 * signaller does: make it happen; load the word; when bit 0 is set, count up (which clears it) and wake all. These are
 * sequentially consistent, so either the waiter's second look comes after the happening and sees it, or the signaller's
 * load comes after the bit was set. Then the word changes, by this signaller or by another that was faster: a waiter that
 * isn't asleep yet finds the word changed and doesn't sleep, and one that sleeps is woken, since all are.
 *
 * All are woken, not one: a wake-up that was meant for one is lost with it when its thread ends, or when it has given up
 * by a timeout, and nobody could tell. For the same reason there is no count of waiters, which a thread that ends while
 * it waits would leave too high: a bit that was set in vain costs one needless wake-up and is gone.
 *
 * The count wraps after 2³¹ wake-ups. A waiter that is held up between noting the word and sleeping, for exactly a
 * multiple of that many, would sleep until the next signal.
 */
export class RingEvent {
  readonly #memory: RingMemory;
  readonly word: number;

  constructor(memory: RingMemory, word: number) {
    this.#memory = memory;
    this.word = word;
  }

  /** Says that somebody may wait; look again after it. @returns what to wait with */
  announce(): number {
    return this.#memory.or(this.word, 1) | 1;
  }

  /** Wakes who waits. To be called after the happening was made visible by an atomic access. */
  signal(): void {
    const seen = this.#memory.load(this.word);
    // When another was faster, it has woken all who had announced themselves.
    if ((seen & 1) !== 0 && this.#memory.compareExchange(this.word, seen, (seen + 1) | 0) === seen)
      this.#memory.notify(this.word);
  }

  /**
   * Blocks this thread until `attempt` is true.
   * @param attempt looks, and takes what it finds
   * @param leftMs milliseconds that remain; asked only when `attempt` failed
   * @returns false when the time ran out
   */
  block(attempt: () => boolean, leftMs: () => number): boolean {
    for (;;) {
      if (attempt()) return true;
      const ticket = this.announce();
      if (attempt()) return true;
      const left = leftMs();
      if (left <= 0) return false;
      this.#memory.wait(this.word, ticket, left);
    }
  }

  /** @returns a promise for the next signal, or `undefined` when one came since `ticket` was taken */
  next(ticket: number): PromiseLike<unknown> | undefined {
    const wait = this.#memory.waitAsync(this.word, ticket);
    return wait.async ? wait.value : undefined;
  }
}
