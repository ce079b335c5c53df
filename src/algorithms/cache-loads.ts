import type { Loader } from "./cache.ts";
import type { StoreOptions } from "./cache-checks.ts";
import { singleFlight } from "./single-flight.ts";
import { isThenable } from "./thenable.ts";

/** A load under way. */
interface Running {
  /** Of all callers. */
  tags: readonly string[];
  /** Has nothing been done meanwhile that its value would undo? */
  current: boolean;
}

/** Keeps a value that was loaded. */
export type StoreLoaded<K, V> = (key: K, value: V, options: StoreOptions) => void;

/**
 * A cache's loads: one at a time for each key, and none whose value is kept after its key or a tag of it was changed
 * while it ran.
 */
export class CacheLoads<K, V> {
  readonly #flights = singleFlight<K, V>();
  readonly #running = new Map<K, Running>();
  readonly #store: StoreLoaded<K, V>;
  started = 0;
  failed = 0;
  coalesced = 0;
  discarded = 0;

  constructor(store: StoreLoaded<K, V>) {
    this.#store = store;
  }

  run(key: K, loader: Loader<K, V>, options: StoreOptions, signal: AbortSignal | undefined): Promise<V> {
    const running = this.#running.get(key);
    let own: Running | undefined;
    const load = (ownSignal?: AbortSignal): V | Promise<V> => {
      own = this.#begin(key, options.tags ?? []);
      return this.#load(key, loader, options, own, ownSignal);
    };
    const answer = this.#flights.run(key, load, { signal });
    if (own === undefined && running !== undefined) {
      this.coalesced++;
      if (options.tags !== undefined) running.tags = [...running.tags, ...options.tags];
    }
    return answer;
  }

  /** Loads in the background, unless that key is being loaded. */
  refresh(key: K, loader: Loader<K, V>, options: StoreOptions): void {
    // Its failure is in `failed`; the value that there is stays until its time is over.
    if (!this.#running.has(key)) this.run(key, loader, options, undefined).catch(() => undefined);
  }

  /** `key` was changed: what is being loaded for it is old. */
  supersede(key: K): void {
    const running = this.#running.get(key);
    if (running === undefined) return;
    running.current = false;
    this.#running.delete(key);
    this.#flights.supersede(key);
  }

  supersedeTag(tag: string): void {
    for (const [key, { tags }] of [...this.#running]) if (tags.includes(tag)) this.supersede(key);
  }

  supersedeAll(): void {
    for (const key of [...this.#running.keys()]) this.supersede(key);
  }

  #begin(key: K, tags: readonly string[]): Running {
    // One whose callers have all left may still run.
    this.supersede(key);
    const own = { tags, current: true };
    this.#running.set(key, own);
    this.started++;
    return own;
  }

  #load(
    key: K,
    loader: Loader<K, V>,
    options: StoreOptions,
    own: Running,
    signal: AbortSignal | undefined,
  ): V | Promise<V> {
    const fill = (value: V): V => {
      if (!own.current) this.discarded++;
      else {
        this.#running.delete(key);
        const { ttlMs, staleMs } = options;
        if (value !== undefined) this.#store(key, value, { ttlMs, staleMs, tags: own.tags });
      }
      return value;
    };
    const fail = (error: unknown): never => {
      this.failed++;
      if (own.current) this.#running.delete(key);
      throw error;
    };
    let answer: V | PromiseLike<V>;
    try {
      answer = loader(key, signal);
    } catch (error) {
      return fail(error);
    }
    return isThenable(answer) ? Promise.resolve(answer).then(fill, fail) : fill(answer);
  }
}
