import { isThenable } from "../../algorithms/thenable.ts";
import { offAbort, onAbort } from "../../concurrency/abort-listeners.ts";
import { awaitedTimer } from "../../concurrency/awaited-timer.ts";
import { BatchAnswerError, BatchQueueFullError, ClosedError, DeadlineError } from "../../errors.ts";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { abortSignal } from "../../options.ts";
import { Batch, Load } from "./batch.ts";
import { BatchList } from "./batch-list.ts";
import {
  type BatcherOptions,
  type ResolvedBatcherOptions,
  resolveBatcherOptions,
} from "./batcher-options.ts";
import { BatcherCounts, type BatcherStats } from "./batcher-stats.ts";
import { SendDeadlines } from "./send-deadlines.ts";
import { WaitingKeys } from "./waiting-keys.ts";

export interface LoadOptions {
  /** Aborts this load alone; the batch's sending as well when nobody waits for any of its keys any more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes many small requests few large ones: what is loaded in one tick (or within `maxWaitMs`) is sent together, a key
 * that waits already only once. Nothing is remembered once a batch is sent.
 *
 * ```ts
 * const users = createBatcher({ send: (ids) => fetchUsers(ids) });
 * const [ada, alan] = await Promise.all([users.load(1), users.load(2)]); // one request
 * ```
 * @throws {TypeError} @throws {RangeError} for options that make no sense
 * @see https://github.com/graphql/dataloader for these semantics
 */
export function createBatcher<K, V>(options: BatcherOptions<K, V>): Batcher<K, V> {
  return new Batcher(resolveBatcherOptions(options));
}

/** More than can leave. */
const held = 2 ** 30;
const resolved = Promise.resolve();

/** Made by {@link createBatcher}. */
export class Batcher<K, V> implements MetricSource {
  readonly name: string;
  readonly #options: ResolvedBatcherOptions<K, V>;
  readonly #counts = new BatcherCounts();
  /** Batches to be sent, first come first; only the last may have room. */
  readonly #queue = new BatchList<K, V>();
  readonly #keys = new WaitingKeys(this.#queue);
  readonly #deadlines: SendDeadlines<K, V>;
  #waiting = 0;
  #sending = 0;
  #isTickAwaited = false;
  #isPumping = false;
  #closing: PromiseWithResolvers<void> | undefined;

  /** @internal */
  constructor(options: ResolvedBatcherOptions<K, V>) {
    this.#options = options;
    this.name = options.name;
    this.#deadlines = new SendDeadlines(options.clock, (batch) => this.#expire(batch));
  }

  /**
   * @returns what `send` gave for this key
   * @throws the `Error` that `send` gave for it, or what failed its whole batch; {@link BatchQueueFullError},
   * {@link ClosedError}, the signal's reason
   */
  load(key: K, options?: LoadOptions): Promise<V> {
    try {
      const signal = options?.signal;
      if (signal === undefined) {
        const load = this.#enter(key);
        load.holders = held;
        return load.promise;
      }
      abortSignal(signal);
      if (signal.aborted) return Promise.reject(signal.reason);
      return this.#follow(this.#enter(key), signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `load` for each key, in their order. Never rejects: an item that failed is its `Error`. */
  loadMany(keys: readonly K[], options?: LoadOptions): Promise<(V | Error)[]> {
    return Promise.all(keys.map((key) => this.load(key, options).catch(asError)));
  }

  /** Sends what waits now, as far as `maxConcurrency` lets it. */
  flush(): void {
    const { last } = this.#queue;
    if (last !== undefined) this.#makeDue(last);
    this.#pump();
  }

  /** Takes no more loads, sends what waits, and waits for all that is under way. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = Promise.withResolvers();
      this.flush();
      this.#endIfDrained();
    }
    return this.#closing.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): BatcherStats {
    return this.#counts.stats(this.#waiting, this.#sending);
  }

  collect(): Iterable<MetricSample> {
    return this.#counts.collect(this.name, this.#waiting, this.#sending);
  }

  #enter(key: K): Load<K, V> {
    const { cacheKey, maxBatchSize, maxQueue } = this.#options;
    this.#counts.loads++;
    const id = typeof cacheKey === "function" ? cacheKey(key) : key;
    if (this.#closing !== undefined) {
      this.#counts.refused++;
      throw new ClosedError(`batcher ${this.name}`);
    }
    const isShared = cacheKey !== false;
    if (isShared && this.#waiting > 0) {
      const known = this.#keys.find(id);
      if (known !== undefined) {
        this.#counts.deduplicated++;
        return known;
      }
    }
    if (this.#waiting >= maxQueue) {
      this.#counts.refused++;
      throw new BatchQueueFullError(this.name, maxQueue);
    }
    let batch = this.#queue.last;
    if (batch === undefined || batch.loads.length >= maxBatchSize) batch = this.#open();
    const load = new Load(key, id, batch);
    batch.live++;
    this.#waiting++;
    const size = batch.loads.push(load);
    if (isShared) this.#keys.add(load);
    if (size >= maxBatchSize) {
      this.#makeDue(batch);
      this.#awaitTick();
    }
    return load;
  }

  #open(): Batch<K, V> {
    const { maxWaitMs, clock } = this.#options;
    const batch = new Batch<K, V>();
    this.#queue.push(batch);
    if (maxWaitMs === 0) this.#awaitTick();
    else if (maxWaitMs < Number.POSITIVE_INFINITY)
      batch.timer = awaitedTimer(
        clock,
        () => {
          batch.isDue = true;
          this.#pump();
        },
        maxWaitMs,
      );
    return batch;
  }

  #makeDue(batch: Batch<K, V>): void {
    batch.isDue = true;
    if (batch.timer !== undefined) this.#options.clock.clearTimeout(batch.timer);
    batch.timer = undefined;
  }

  #awaitTick(): void {
    if (this.#isTickAwaited) return;
    this.#isTickAwaited = true;
    // After the promise jobs of this tick, which may load more.
    void resolved.then(this.#endPromises);
  }

  readonly #endPromises = (): void => process.nextTick(this.#endTick);

  readonly #endTick = (): void => {
    this.#isTickAwaited = false;
    if (this.#options.maxWaitMs === 0) this.flush();
    else this.#pump();
  };

  #pump(): void {
    // One that ends at once, while it is sent, comes back here; the loop goes on without it.
    if (this.#isPumping) return;
    this.#isPumping = true;
    const queue = this.#queue;
    for (let batch = queue.first; batch !== undefined; batch = queue.first) {
      if (!batch.isDue || this.#sending >= this.#options.maxConcurrency) break;
      queue.remove(batch);
      batch.isSent = true;
      this.#waiting -= batch.live;
      if (this.#waiting === 0) this.#keys.clear();
      else if (this.#options.cacheKey !== false)
        for (const load of batch.loads) if (!load.isGone) this.#keys.delete(load);
      if (batch.live > 0) this.#send(batch);
    }
    this.#isPumping = false;
  }

  #send(batch: Batch<K, V>): void {
    const { send, timeoutMs, clock } = this.#options;
    if (batch.live < batch.loads.length) batch.loads = batch.loads.filter((load) => !load.isGone);
    const keys = batch.loads.map((load) => load.key);
    this.#sending++;
    this.#counts.batches++;
    this.#counts.keys += keys.length;
    this.#counts.largestBatch = Math.max(this.#counts.largestBatch, keys.length);
    if (timeoutMs !== Number.POSITIVE_INFINITY) {
      const nowMs = clock.now();
      batch.deadline = nowMs + timeoutMs;
      this.#deadlines.add(batch, nowMs);
    }
    const settle = (items: readonly (V | Error)[]): void => {
      if (batch.isEnded) return;
      this.#end(batch);
      try {
        this.#distribute(batch, items);
      } catch (error) {
        // An answer may throw when it is looked at; who has his item keeps it.
        this.#counts.failedBatches++;
        for (const load of batch.loads) load.reject(error);
      }
    };
    try {
      const answer = send(keys, batch);
      if (isThenable(answer)) answer.then(settle, (error) => this.#fail(batch, error));
      else void Promise.resolve(answer).then(settle);
    } catch (error) {
      this.#fail(batch, error);
    }
  }

  #distribute({ loads }: Batch<K, V>, items: readonly (V | Error)[]): void {
    if (!Array.isArray(items) || items.length !== loads.length) {
      this.#counts.failedBatches++;
      const error = new BatchAnswerError(
        this.name,
        `expected an array of ${loads.length} items, one for each key, got ${Array.isArray(items) ? items.length : typeof items}`,
      );
      for (const load of loads) load.reject(error);
      return;
    }
    for (let i = 0; i < loads.length; i++) {
      const item = items[i] as V | Error;
      if (item instanceof Error) {
        this.#counts.failedKeys++;
        loads[i]!.reject(item);
      } else loads[i]!.resolve(item);
    }
  }

  #expire(batch: Batch<K, V>): void {
    this.#counts.timeouts++;
    const error = new DeadlineError(`batcher ${this.name}: send`, this.#options.timeoutMs);
    this.#fail(batch, error);
    batch.abort(error);
  }

  #fail(batch: Batch<K, V>, error: unknown): void {
    if (batch.isEnded) return;
    this.#counts.failedBatches++;
    this.#end(batch);
    for (const load of batch.loads) load.reject(error);
  }

  #end(batch: Batch<K, V>): void {
    batch.isEnded = true;
    if (this.#options.timeoutMs !== Number.POSITIVE_INFINITY) this.#deadlines.remove(batch);
    this.#sending--;
    this.#pump();
    this.#endIfDrained();
  }

  #endIfDrained(): void {
    if (this.#closing === undefined || this.#waiting > 0 || this.#sending > 0) return;
    this.#deadlines.close();
    this.#closing.resolve();
  }

  /** A promise of one caller's own, since that caller may leave. */
  #follow(load: Load<K, V>, signal: AbortSignal): Promise<V> {
    load.holders++;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        reject(signal.reason);
        this.#leave(load, signal.reason);
      };
      onAbort(signal, abort);
      load.promise.then(
        (value) => {
          offAbort(signal, abort);
          resolve(value);
        },
        (error) => {
          offAbort(signal, abort);
          reject(error);
        },
      );
    });
  }

  #leave(load: Load<K, V>, reason: unknown): void {
    const { batch } = load;
    if (--load.holders > 0 || batch.isEnded) return;
    batch.live--;
    if (batch.isSent) {
      if (batch.live === 0) batch.abort(reason);
      return;
    }
    load.isGone = true;
    this.#counts.abandoned++;
    this.#waiting--;
    if (this.#options.cacheKey !== false) this.#keys.delete(load);
    // Its timer would keep the process for nobody.
    if (batch.live === 0) {
      this.#makeDue(batch);
      this.#queue.remove(batch);
    }
    this.#endIfDrained();
  }
}

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error), { cause: error });
