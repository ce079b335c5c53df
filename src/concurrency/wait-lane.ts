import type { Waiter } from "./waiter.ts";

/** All that wait with one priority, in the order in which they came. */
interface Level {
  readonly priority: number;
  head: Waiter | undefined;
  tail: Waiter | undefined;
}

/**
 * Waiters by priority and age. One of priority p counts as if it had come p × agingMs earlier, so that it is overtaken by
 * nobody who comes long after it, whatever that one's priority: nobody starves. Adding and removing take constant time,
 * finding the first time in proportion to the priorities in use, 19 at most.
 */
export class WaitLane {
  readonly #agingMs: number;
  /** Highest priority first; one that was used once stays. */
  readonly #levels: Level[] = [];
  #size = 0;

  /** @param agingMs ≥ 0 */
  constructor(agingMs: number) {
    this.#agingMs = agingMs;
  }

  get size(): number {
    return this.#size;
  }

  push(waiter: Waiter): void {
    const level = this.#level(waiter.priority);
    waiter.previous = level.tail;
    if (level.tail === undefined) level.head = waiter;
    else level.tail.next = waiter;
    level.tail = waiter;
    this.#size++;
  }

  /** @param waiter one that is in this lane */
  remove(waiter: Waiter): void {
    const { previous, next } = waiter;
    if (previous !== undefined && next !== undefined) {
      previous.next = next;
      next.previous = previous;
    } else {
      const level = this.#level(waiter.priority);
      if (previous === undefined) level.head = next;
      else previous.next = next;
      if (next === undefined) level.tail = previous;
      else next.previous = previous;
    }
    waiter.previous = undefined;
    waiter.next = undefined;
    this.#size--;
  }

  /** @returns the one that counts as having come first; of several, that of the highest priority */
  first(): Waiter | undefined {
    let first: Waiter | undefined;
    for (const { head } of this.#levels)
      if (head !== undefined && (first === undefined || this.rank(head) < this.rank(first))) first = head;
    return first;
  }

  /** @returns the one of the highest priority and newest: priority p counts as if it had come p × agingMs later */
  newest(): Waiter | undefined {
    let newest: Waiter | undefined;
    for (const { tail } of this.#levels)
      if (tail !== undefined && (newest === undefined || this.#newness(tail) > this.#newness(newest)))
        newest = tail;
    return newest;
  }

  /** @returns the one whose turn comes last when the newest go first, if that is not after the turn of `newcomer` */
  stalerThan(newcomer: Waiter): Waiter | undefined {
    let stalest: Waiter | undefined;
    for (const { head } of this.#levels)
      if (head !== undefined && this.#newness(head) <= this.#newness(stalest ?? newcomer)) stalest = head;
    return stalest;
  }

  /** When it counts as having come, in milliseconds. */
  rank({ sinceMs, priority }: Waiter): number {
    return sinceMs - priority * this.#agingMs;
  }

  #newness({ sinceMs, priority }: Waiter): number {
    return sinceMs + priority * this.#agingMs;
  }

  #level(priority: number): Level {
    const levels = this.#levels;
    let at = 0;
    for (; at < levels.length; at++) {
      const level = levels[at]!;
      if (level.priority === priority) return level;
      if (level.priority < priority) break;
    }
    const level: Level = { priority, head: undefined, tail: undefined };
    levels.splice(at, 0, level);
    return level;
  }
}
