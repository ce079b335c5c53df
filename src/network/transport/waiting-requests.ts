import { AsyncResource } from "node:async_hooks";
import type { Dispatcher } from "undici";
import type { Clock } from "../../clock.ts";
import { WaitDeadlines } from "../../concurrency/wait-deadlines.ts";
import { DeadlineError } from "../../errors.ts";
import { contextOf } from "../policy.ts";

/** A request that waits for a connection. */
export interface WaitingRequest {
  readonly options: Dispatcher.DispatchOptions;
  readonly handler: Dispatcher.DispatchHandler;
  /** One higher for each that came later. */
  readonly order: number;
  readonly since: number;
  /** Runs functions in what the caller's `AsyncLocalStorage`s held. */
  readonly scope: AsyncResource;
}

interface Waiting extends WaitingRequest {
  isWaiting: boolean;
  due: Due | undefined;
  stopListening: (() => void) | undefined;
}

/** When a request leaves; apart from it, so that the queue of deadlines doesn't hold on to those that have left. */
class Due {
  readonly untilMs: number;
  waiting: Waiting | undefined;
  constructor(untilMs: number, waiting: Waiting) {
    this.untilMs = untilMs;
    this.waiting = waiting;
  }
  get isWaiting(): boolean {
    return this.waiting !== undefined;
  }
}

/** No more than this many that have left are kept before the queue is compacted. */
const slack = 1_024;

/** Requests of one origin in the order in which they came. One whose signal aborts or whose deadline passes leaves at once. */
export class WaitingRequests {
  readonly #origin: string;
  readonly #clock: Clock;
  readonly #queuedAbort: symbol | undefined;
  readonly #onLeft: () => void;
  /** One timer for all of them. */
  readonly #deadlines: WaitDeadlines<Due>;
  #queue: (Waiting | undefined)[] = [];
  #head = 0;
  #size = 0;
  #order = 0;

  /**
   * @param queuedAbort undici's key for how to hear where to take a request back
   * @param onLeft called after a request gave up
   */
  constructor(origin: string, clock: Clock, queuedAbort: symbol | undefined, onLeft: () => void) {
    this.#origin = origin;
    this.#clock = clock;
    this.#queuedAbort = queuedAbort;
    this.#onLeft = onLeft;
    this.#deadlines = new WaitDeadlines<Due>(
      clock,
      (due) => this.#expire(due),
      () => undefined,
    );
  }

  get size(): number {
    return this.#size;
  }

  /** `order` of the one that came last; 0 before the first. */
  get lastOrder(): number {
    return this.#order;
  }

  push(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const { signal, deadline = Number.POSITIVE_INFINITY } = contextOf(options);
    if (signal?.aborted) {
      fail(handler, signal.reason);
      return;
    }
    const waiting: Waiting = {
      options,
      handler,
      order: ++this.#order,
      since: this.#clock.now(),
      // A hundredth of what `AsyncLocalStorage.snapshot()` costs.
      scope: new AsyncResource("WaitingRequest"),
      isWaiting: true,
      due: undefined,
      stopListening: undefined,
    };
    this.#queue.push(waiting);
    this.#size++;
    if (deadline !== Number.POSITIVE_INFINITY) {
      waiting.due = new Due(deadline, waiting);
      this.#deadlines.add(waiting.due, waiting.since);
    }
    if (signal !== undefined) {
      const abort = () => this.#giveUp(waiting, signal.reason);
      signal.addEventListener("abort", abort);
      waiting.stopListening = () => signal.removeEventListener("abort", abort);
    }
    const hook = this.#queuedAbort && (options as unknown as Record<symbol, unknown>)[this.#queuedAbort];
    if (typeof hook === "function") hook((reason: Error) => this.#giveUp(waiting, reason));
  }

  /** The one that waits longest, or `undefined`; it stays. */
  peek(): WaitingRequest | undefined {
    while (this.#head < this.#queue.length) {
      const waiting = this.#queue[this.#head];
      if (waiting?.isWaiting) return waiting;
      this.#head++;
    }
    this.#queue.length = this.#head = 0;
    return undefined;
  }

  shift(): WaitingRequest | undefined {
    const waiting = this.peek() as Waiting | undefined;
    if (waiting === undefined) return undefined;
    this.#leave(waiting);
    // Nobody is to hold on to a request that may be over long before the next one comes.
    this.#queue[this.#head] = undefined;
    if (++this.#head > slack) this.#compact();
    return waiting;
  }

  #expire(due: Due): void {
    const waiting = due.waiting!;
    // The queue of deadlines counts it as gone by itself.
    due.waiting = undefined;
    waiting.due = undefined;
    const { timeoutMs = due.untilMs - waiting.since } = contextOf(waiting.options);
    this.#giveUp(waiting, new DeadlineError(`connection to ${this.#origin}`, timeoutMs));
  }

  #giveUp(waiting: Waiting, reason: Error): void {
    if (!waiting.isWaiting) return;
    this.#leave(waiting);
    if (this.#queue.length - this.#head > 2 * this.#size + slack) this.#compact();
    waiting.scope.runInAsyncScope(() => waiting.handler.onResponseError?.(abortedController, reason));
    this.#onLeft();
  }

  #leave(waiting: Waiting): void {
    waiting.isWaiting = false;
    waiting.stopListening?.();
    if (waiting.due !== undefined) {
      waiting.due.waiting = undefined;
      waiting.due = undefined;
      this.#deadlines.left();
    }
    this.#size--;
  }

  #compact(): void {
    this.#queue = this.#queue.filter((waiting) => waiting?.isWaiting);
    this.#head = 0;
  }
}

/** Where there is no connection yet, there is nothing to control. */
const idleController = {
  paused: false,
  reason: null,
  rawHeaders: null,
  rawTrailers: null,
  abort() {},
  pause() {},
  resume() {},
};
/** Its caller gave up. */
const abortedController: Dispatcher.DispatchController = Object.freeze({ ...idleController, aborted: true });
/** It failed, and whoever retries may do so. */
const failedController: Dispatcher.DispatchController = Object.freeze({ ...idleController, aborted: false });

/** Tells a request that was never sent that it failed. */
export function fail(handler: Dispatcher.DispatchHandler, error: Error): void {
  handler.onResponseError?.(failedController, error);
}
