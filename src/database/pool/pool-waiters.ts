import type { Clock, TimerHandle } from "../../clock.ts";
import type { Lease } from "./pool-lease.ts";

/** A caller that waits for a connection. Settles once. */
export class Waiter<C> {
  readonly since: number;
  readonly deadline: number;
  /** Where it asked, when leaks are looked for. */
  readonly trace: Error | undefined;
  /** How often the connections that were present when it came must come back until it is its turn. */
  readonly rounds: number;
  readonly resolve: (lease: Lease<C>) => void;
  readonly reject: (reason: unknown) => void;
  /** @internal */
  previous: Waiter<C> | undefined;
  /** @internal */
  next: Waiter<C> | undefined;
  #disarm: (() => void) | undefined;

  constructor(
    since: number,
    deadline: number,
    rounds: number,
    trace: Error | undefined,
    resolve: (lease: Lease<C>) => void,
    reject: (reason: unknown) => void,
  ) {
    this.since = since;
    this.deadline = deadline;
    this.rounds = rounds;
    this.trace = trace;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Calls `onTimeout` at the deadline and `onAbort` when `signal` aborts, unless `disarm` came before. */
  arm(
    clock: Clock,
    signal: AbortSignal | undefined,
    onTimeout: () => void,
    onAbort: (reason: unknown) => void,
  ): void {
    let timer: TimerHandle;
    if (this.deadline !== Number.POSITIVE_INFINITY)
      timer = clock.setTimeout(onTimeout, this.deadline - this.since);
    const abort = () => onAbort(signal?.reason);
    signal?.addEventListener("abort", abort);
    this.#disarm = () => {
      if (timer !== undefined) clock.clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
  }

  disarm(): void {
    this.#disarm?.();
    this.#disarm = undefined;
  }
}

/** First come, first served; a waiter may leave from anywhere. All in constant time, but for `overdue`. */
export class WaiterQueue<C> {
  #head: Waiter<C> | undefined;
  #tail: Waiter<C> | undefined;
  #size = 0;
  #least = 0;

  get size(): number {
    return this.#size;
  }
  get head(): Waiter<C> | undefined {
    return this.#head;
  }

  push(waiter: Waiter<C>): void {
    waiter.previous = this.#tail;
    if (this.#tail) this.#tail.next = waiter;
    else this.#head = waiter;
    this.#tail = waiter;
    this.#size++;
  }

  /** Takes out a waiter that is in the queue, and disarms it. */
  remove(waiter: Waiter<C>): void {
    if (waiter.previous) waiter.previous.next = waiter.next;
    else this.#head = waiter.next;
    if (waiter.next) waiter.next.previous = waiter.previous;
    else this.#tail = waiter.previous;
    waiter.previous = undefined;
    waiter.next = undefined;
    this.#size--;
    if (this.#size < this.#least) this.#least = this.#size;
    waiter.disarm();
  }

  /** The fewest that waited at any moment since `startWindow`: the standing queue. */
  get least(): number {
    return this.#least;
  }
  startWindow(): void {
    this.#least = this.#size;
  }

  /**
   * How many, counted from the head, have waited for as long as their patience or longer.
   * @param patienceMs of a waiter, by its `rounds`
   */
  overdue(now: number, patienceMs: (rounds: number) => number): number {
    let count = 0;
    let waiter = this.#head;
    for (; waiter && now - waiter.since >= patienceMs(waiter.rounds); waiter = waiter.next) count++;
    return count;
  }
}
