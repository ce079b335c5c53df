import { AsyncResource } from "node:async_hooks";
import type { Dispatcher } from "undici";
import type { Clock, TimerHandle } from "../../clock.ts";
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
  stopListening: (() => void) | undefined;
}

/** No more than this many that have left are kept before the queue is compacted. */
const slack = 1_024;

/** Requests of one origin in the order in which they came. One whose signal aborts or whose deadline passes leaves at once. */
export class WaitingRequests {
  readonly #origin: string;
  readonly #clock: Clock;
  readonly #queuedAbort: symbol | undefined;
  readonly #onLeft: () => void;
  #queue: Waiting[] = [];
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
      stopListening: undefined,
    };
    this.#queue.push(waiting);
    this.#size++;
    if (signal !== undefined || deadline !== Number.POSITIVE_INFINITY) this.#bound(waiting, signal, deadline);
    const hook = this.#queuedAbort && (options as unknown as Record<symbol, unknown>)[this.#queuedAbort];
    if (typeof hook === "function") hook((reason: Error) => this.#giveUp(waiting, reason));
  }

  /** The one that waits longest, or `undefined`; it stays. */
  peek(): WaitingRequest | undefined {
    while (this.#head < this.#queue.length) {
      const waiting = this.#queue[this.#head]!;
      if (waiting.isWaiting) return waiting;
      this.#head++;
    }
    this.#queue.length = this.#head = 0;
    return undefined;
  }

  shift(): WaitingRequest | undefined {
    const waiting = this.peek() as Waiting | undefined;
    if (waiting === undefined) return undefined;
    this.#leave(waiting);
    if (++this.#head > slack) this.#compact();
    return waiting;
  }

  #bound(waiting: Waiting, signal: AbortSignal | undefined, deadline: number): void {
    const { timeoutMs = deadline - waiting.since } = contextOf(waiting.options);
    const abort = () => this.#giveUp(waiting, signal?.reason);
    const expire = () => this.#giveUp(waiting, new DeadlineError(`connection to ${this.#origin}`, timeoutMs));
    let timer: TimerHandle;
    if (deadline !== Number.POSITIVE_INFINITY)
      timer = this.#clock.setTimeout(expire, Math.max(0, deadline - waiting.since));
    signal?.addEventListener("abort", abort);
    waiting.stopListening = () => {
      if (timer !== undefined) this.#clock.clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
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
    this.#size--;
  }

  #compact(): void {
    this.#queue = this.#queue.filter(({ isWaiting }) => isWaiting);
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
