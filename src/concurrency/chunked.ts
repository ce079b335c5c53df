import { type Clock, systemClock } from "../clock.ts";
import { durationMs, knownKeys, reject } from "../options.ts";
import { TimeSlice } from "./time-slice.ts";
import { nextTurn } from "./yield-to-event-loop.ts";

export interface ChunkedOptions {
  /** Looked at before the first item and whenever the event loop has had its turn; its reason is thrown from the loop. */
  readonly signal?: AbortSignal | undefined;
  /** @default systemClock */
  readonly clock?: Clock;
}

/**
 * Goes through `items` in chunks of time: whenever the loop's body has used up `budgetMs`, the event loop gets a turn,
 * so that timers and I/O aren't kept waiting.
 * ```ts
 * for await (const row of chunked(rows, 10)) handle(row);
 * ```
 * Items are pulled one at a time; ending the loop early ends the source too. An item that takes long by itself can't be
 * interrupted. Costs about 0.1 µs an item.
 * @param items sync iterable; items are handed on as they are, promises too
 * @param budgetMs milliseconds of work between two turns of the event loop, ≥ 0; 0 gives it a turn after every item
 * @throws {TypeError | RangeError} when `items` can't be iterated, or the budget is none; in the loop, the signal's reason
 */
export function chunked<T>(
  items: Iterable<T>,
  budgetMs: number,
  options: ChunkedOptions = {},
): AsyncIterableIterator<T, void, undefined> {
  knownKeys("chunked", options, ["signal", "clock"]);
  durationMs("budgetMs", budgetMs);
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) reject("signal", "an AbortSignal", signal);
  if (typeof items?.[Symbol.iterator] !== "function")
    throw new TypeError("chunked: expected something to iterate over");
  return new Chunked(items, budgetMs, options);
}

/** An iterator by hand: an async generator takes twice as long for each item. */
class Chunked<T> implements AsyncIterableIterator<T, void, undefined> {
  readonly #items: Iterable<T>;
  readonly #budgetMs: number;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  #source: Iterator<T> | undefined;
  #slice: TimeSlice | undefined;
  #turn: Promise<void> | undefined;
  #ended = false;

  constructor(items: Iterable<T>, budgetMs: number, { signal, clock = systemClock }: ChunkedOptions) {
    this.#items = items;
    this.#budgetMs = budgetMs;
    this.#clock = clock;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, void>> {
    if (this.#slice === undefined) {
      this.#slice = new TimeSlice(this.#budgetMs, this.#clock);
      if (this.#signal?.aborted) return this.#abort(this.#signal.reason);
    }
    if (this.#turn !== undefined || this.#slice.spent()) return this.#nextAfterTurn(this.#slice);
    try {
      return Promise.resolve(this.#pull());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async return(): Promise<IteratorResult<T, void>> {
    this.#ended = true;
    this.#source?.return?.();
    return { done: true, value: undefined };
  }

  async #nextAfterTurn(slice: TimeSlice): Promise<IteratorResult<T, void>> {
    this.#turn ??= nextTurn().then(() => {
      this.#turn = undefined;
      slice.restart();
    });
    await this.#turn;
    return this.#signal?.aborted ? this.#abort(this.#signal.reason) : this.#pull();
  }

  async #abort(reason: unknown): Promise<never> {
    await this.return();
    throw reason;
  }

  #pull(): IteratorResult<T, void> {
    if (this.#ended) return { done: true, value: undefined };
    this.#source ??= this.#items[Symbol.iterator]();
    return this.#source.next();
  }
}
