import { type Clock, systemClock, type TimerHandle } from "../clock.ts";
import { keepAlive, letEnd } from "./keep-alive.ts";
import type { Waiter } from "./waiter.ts";

/** Somebody with a time at which he is to leave. */
export interface Waiting {
  /** In milliseconds of the clock. */
  readonly untilMs: number;
  /** False once he has left. */
  readonly isWaiting: boolean;
}

/** Fewer that have left aren't worth a rebuild. */
const fewestGone = 64;

/**
 * When waiters run out of time: a binary heap with one timer for all. One that leaves early stays in the heap until
 * its time has come or half of the heap is such, so that leaving costs nothing at the moment and O(1) in the end;
 * coming costs O(1) where later comers have later deadlines, O(log n) at most.
 */
export class WaitDeadlines<W extends Waiting = Waiter> {
  readonly #clock: Clock;
  readonly #onDue: (waiter: W) => void;
  readonly #onDone: () => void;
  readonly #heap: W[] = [];
  /** Still waiting. */
  #live = 0;
  #timer: TimerHandle;
  #wakeMs = Number.POSITIVE_INFINITY;

  /**
   * @param onDue takes the waiter out of its queue; called once for each
   * @param onDone called after the timer has handed some over
   */
  constructor(clock: Clock, onDue: (waiter: W) => void, onDone: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#onDone = onDone;
  }

  /** @param nowMs the time @param waiter one whose time is not over */
  add(waiter: W, nowMs: number): void {
    const heap = this.#heap;
    let at = heap.push(waiter) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.untilMs <= waiter.untilMs) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = waiter;
    this.#live++;
    // A clock's timer lets the process end; somebody whom only it can settle must not be left behind.
    if (this.#live === 1 && this.#clock === systemClock) keepAlive();
    if (waiter.untilMs < this.#wakeMs) this.#arm(nowMs);
  }

  /** To be called when one that was added has left the queue by another way. */
  left(): void {
    this.#live--;
    if (this.#live === 0) {
      this.#heap.length = 0;
      this.#disarm();
      if (this.#clock === systemClock) letEnd();
    } else if (this.#heap.length > 2 * this.#live + fewestGone) this.#rebuild();
  }

  /** Hands over all whose time is over. */
  expire(nowMs: number): void {
    const heap = this.#heap;
    for (let first = heap[0]; first !== undefined && first.untilMs <= nowMs; first = heap[0]) {
      this.#pop();
      if (!first.isWaiting) continue;
      this.#onDue(first);
      this.left();
    }
  }

  #wake(): void {
    this.#timer = undefined;
    this.#wakeMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.now();
    this.expire(nowMs);
    while (this.#heap[0]?.isWaiting === false) this.#pop();
    if (this.#heap.length > 0) this.#arm(nowMs);
    this.#onDone();
  }

  #arm(nowMs: number): void {
    this.#disarm();
    this.#wakeMs = this.#heap[0]!.untilMs;
    this.#timer = this.#clock.setTimeout(() => this.#wake(), Math.max(1, Math.ceil(this.#wakeMs - nowMs)));
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wakeMs = Number.POSITIVE_INFINITY;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    this.#sink(last, 0);
  }

  #sink(waiter: W, from: number): void {
    const heap = this.#heap;
    let at = from;
    for (let child = 2 * at + 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.untilMs < heap[child]!.untilMs) child++;
      if (heap[child]!.untilMs >= waiter.untilMs) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = waiter;
  }

  #rebuild(): void {
    const heap = this.#heap;
    let kept = 0;
    for (const waiter of heap) if (waiter.isWaiting) heap[kept++] = waiter;
    heap.length = kept;
    for (let at = (kept >> 1) - 1; at >= 0; at--) this.#sink(heap[at]!, at);
  }
}
