import { type LazyCounters, type LazyOptions, lazyOptions } from "./lazy.ts";
import { LazyRun } from "./lazy-run.ts";

/**
 * A value that takes its time, begun when it is first asked for; who asks meanwhile shares the computation. A failure
 * reaches all of these and isn't kept.
 */
export class AsyncLazy<T> {
  readonly name: string;
  readonly counters: LazyCounters;
  readonly #compute: () => T | PromiseLike<T>;
  /** Of the value, or of the computation under way. */
  #promise: Promise<T> | undefined;
  /** The computation under way. */
  #run: LazyRun | undefined;
  #isBegun = false;

  constructor(compute: () => T | PromiseLike<T>, options: LazyOptions = {}) {
    const { name, counters } = lazyOptions("AsyncLazy", compute, options);
    this.name = name;
    this.counters = counters;
    this.#compute = compute;
    counters.created++;
  }

  get isComputed(): boolean {
    return this.#promise !== undefined && this.#run === undefined;
  }

  /** Is a computation under way whose value will be kept? */
  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /**
   * Rejects with what `compute` throws, and with a `DependencyCycleError` when waiting would never end, because the
   * computation that this is called from is waited for by this one. That holds for every call from within a
   * computation, awaited or not.
   */
  get(): Promise<T> {
    if (this.#promise === undefined) return this.#begin();
    try {
      this.#run?.join();
    } catch (error) {
      return Promise.reject(error);
    }
    this.counters.served++;
    return this.#promise;
  }

  /**
   * Resolves when no computation is under way whose value would be kept, however it ended.
   * Rejects as `get` does when waiting would never end.
   */
  async settled(): Promise<void> {
    if (this.#run === undefined) return;
    this.#run.join();
    await this.#promise!.catch(() => undefined);
  }

  /** Forgets the value; one that is being computed is handed to its callers and not kept. */
  reset(): void {
    if (this.#isBegun) this.counters.created++;
    this.#isBegun = false;
    this.#promise = this.#run = undefined;
  }

  #begin(): Promise<T> {
    if (!this.#isBegun) this.counters.computed++;
    this.#isBegun = true;
    const run = new LazyRun(this.name);
    run.join();
    // Known before the computation starts, which may ask for it at once.
    const { promise, resolve } = Promise.withResolvers<T>();
    this.#promise = promise;
    this.#run = run;
    const keep = (value: T): T => {
      if (this.#run === run) this.#run = undefined;
      return value;
    };
    const forget = (error: unknown): never => {
      this.counters.failures++;
      if (this.#run === run) this.#promise = this.#run = undefined;
      throw error;
    };
    resolve(run.perform(this.#compute).then(keep, forget));
    return promise;
  }
}

/** A value that takes its time, begun when it is first asked for; see `AsyncLazy`. */
export const lazyAsync = <T>(compute: () => T | PromiseLike<T>, options?: LazyOptions): AsyncLazy<T> =>
  new AsyncLazy(compute, options);
