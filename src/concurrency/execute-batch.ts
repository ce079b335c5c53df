import type { Clock } from "../clock.ts";
import { finite, integer, knownKeys } from "../options.ts";
import { pause } from "./awaited-timer.ts";
import { type Input, isAsyncInput, totalOf } from "./input-iterator.ts";
import { type Calls, collect } from "./parallel-collect.ts";
import {
  type ParallelOptions,
  parallelDefaults,
  type ResolvedParallelOptions,
  resolveParallelOptions,
} from "./parallel-options.ts";
import { SlidingWindow } from "./sliding-window.ts";

export interface BatchRate {
  /** Calls, an integer ≥ 1. */
  readonly count: number;
  /** Milliseconds, > 0. */
  readonly intervalMs: number;
}

export interface BatchOptions extends Omit<ParallelOptions, "maxConcurrency"> {
  /** Items of a batch, which run at once, an integer ≥ 1. @default 10 */
  readonly batchSize?: number;
  /** From the end of a batch to the start of the next, in milliseconds ≥ 0; finite. @default 0 */
  readonly delayMs?: number;
  /** No more than so many calls begin in any interval of that length (a strict sliding window). @default unlimited */
  readonly rate?: BatchRate | undefined;
}

/**
 * Calls `fn` for every item, one batch after the other: a batch begins when the one before is done and `delayMs` has passed.
 * Where only the number at once matters, `mapConcurrent` is faster, since nobody waits for the slowest of a batch.
 * @param items any iterable, also an asynchronous one; one item is pulled ahead of its turn
 * @returns the results in the order of the items
 * @throws as `executeInParallel` does
 */
export function executeBatch<I, T>(
  fn: (item: I, index: number, signal: AbortSignal) => T | PromiseLike<T>,
  items: Input<I>,
  options: BatchOptions = {},
): Promise<T[]> {
  const { work, resolved } = batchWork(fn, items, options);
  return collect("executeBatch", work, resolved);
}

/** @internal */
export function batchWork<I, T>(
  fn: (item: I, index: number, signal: AbortSignal) => T | PromiseLike<T>,
  items: Input<I>,
  options: BatchOptions,
): { readonly work: Calls<I, T>; readonly resolved: ResolvedParallelOptions } {
  if (typeof fn !== "function")
    throw new TypeError("executeBatch: expected a function to call for each item");
  const known = ["batchSize", "delayMs", "rate", "signal", "stopOnError", "timeoutMs", "onProgress", "clock"];
  knownKeys("executeBatch", options, known);
  const { batchSize = parallelDefaults.maxConcurrency, delayMs = 0, rate, ...others } = options;
  const resolved = resolveParallelOptions("executeBatch", {
    ...others,
    maxConcurrency: integer("batchSize", batchSize, 1),
  });
  finite("delayMs", delayMs, 0);
  const pace = new BatchPace(items, batchSize, delayMs, checkedWindow(rate), resolved.clock);
  const work: Calls<I, T> = {
    input: pace,
    total: totalOf(items),
    call: fn,
    onStart: (signal) => {
      pace.signal = signal;
    },
    onSettled: () => pace.itemDone(),
  };
  return { work, resolved };
}

function checkedWindow(rate: BatchRate | undefined): SlidingWindow | undefined {
  if (rate === undefined) return undefined;
  knownKeys("rate", rate, ["count", "intervalMs"]);
  const { count, intervalMs } = rate;
  return new SlidingWindow(
    integer("rate.count", count, 1),
    finite("rate.intervalMs", intervalMs, Number.MIN_VALUE),
  );
}

/** Hands items on when it is their turn. */
class BatchPace<I> implements AsyncIterableIterator<I, void> {
  /** Ends every wait; set before the first item is asked for. */
  signal: AbortSignal | undefined;
  readonly #items: Input<I>;
  readonly #isAsync: boolean;
  readonly #batchSize: number;
  readonly #delayMs: number;
  readonly #window: SlidingWindow | undefined;
  readonly #clock: Clock;
  #source: Iterator<I> | AsyncIterator<I> | undefined;
  #inBatch = 0;
  #running = 0;
  #onRest: (() => void) | undefined;

  constructor(
    items: Input<I>,
    batchSize: number,
    delayMs: number,
    window: SlidingWindow | undefined,
    clock: Clock,
  ) {
    this.#isAsync = isAsyncInput("executeBatch", items);
    this.#items = items;
    this.#batchSize = batchSize;
    this.#delayMs = delayMs;
    this.#window = window;
    this.#clock = clock;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<I, void>> {
    const items = this.#items as Iterable<I> & AsyncIterable<I>;
    this.#source ??= this.#isAsync ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    const step = await this.#source.next();
    if (step.done) return { done: true, value: undefined };
    if (this.#inBatch === this.#batchSize) await this.#nextBatch();
    await this.#allowed();
    this.#inBatch++;
    this.#running++;
    return step;
  }

  async return(): Promise<IteratorResult<I, void>> {
    await this.#source?.return?.();
    return { done: true, value: undefined };
  }

  itemDone(): void {
    if (--this.#running === 0) this.#onRest?.();
  }

  async #nextBatch(): Promise<void> {
    if (this.#running > 0)
      await new Promise<void>((resolve) => {
        this.#onRest = resolve;
      });
    if (this.#delayMs > 0) await pause(this.#delayMs, this.#clock, this.signal!);
    this.#inBatch = 0;
  }

  async #allowed(): Promise<void> {
    if (this.#window === undefined) return;
    // Node's timers may fire a little early.
    for (
      let ms = this.#window.delayMs(this.#clock.now());
      ms > 0;
      ms = this.#window.delayMs(this.#clock.now())
    )
      await pause(ms, this.#clock, this.signal!);
    this.#window.start(this.#clock.now());
  }
}
