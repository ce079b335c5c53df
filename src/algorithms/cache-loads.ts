import type { Clock } from "../clock.ts";
import type { Loader, LoadOptions } from "./cache.ts";
import type { StoreOptions } from "./cache-checks.ts";
import { LoadDeadline } from "./load-deadline.ts";
import { RefreshPauses } from "./refresh-pauses.ts";
import { singleFlight } from "./single-flight.ts";
import { isThenable } from "./thenable.ts";

/** A load under way. */
interface Running {
  /** Of all callers. */
  tags: readonly string[];
  /** Has nothing been done meanwhile that its value would undo? */
  current: boolean;
  readonly deadline: LoadDeadline | undefined;
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
  readonly #clock: Clock;
  readonly #pauses = new RefreshPauses<K>();
  started = 0;
  failed = 0;
  coalesced = 0;
  discarded = 0;

  /** @param clock for the deadlines of loads */
  constructor(store: StoreLoaded<K, V>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  run(key: K, loader: Loader<K, V>, options: LoadOptions): Promise<V> {
    let running = this.#running.get(key);
    let joined = true;
    const load = (signal?: AbortSignal): V | Promise<V> => {
      joined = false;
      running = this.#begin(key, options);
      return this.#load(key, loader, options, running, signal);
    };
    const answer = this.#flights.run(key, load, { signal: options.signal });
    if (running === undefined) return answer;
    if (joined) {
      this.coalesced++;
      if (options.tags !== undefined) running.tags = [...running.tags, ...options.tags];
    }
    running.deadline?.awaitedBy(answer);
    return answer;
  }

  /** Loads in the background, unless that key is being loaded, or failed to be a moment ago. */
  refresh(key: K, loader: Loader<K, V>, options: LoadOptions): void {
    if (this.#running.has(key) || this.#pauses.isPaused(key, this.#clock.now())) return;
    const load = () => this.#load(key, loader, options, this.#begin(key, options), undefined);
    // Its failure is in `failed`; the value that there is stays until its time is over.
    this.#flights.run(key, load).catch(() => this.#pauses.failed(key, this.#clock.now()));
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

  #begin(key: K, { tags = [], timeoutMs = Number.POSITIVE_INFINITY }: LoadOptions): Running {
    // One whose callers have all left may still run.
    this.supersede(key);
    const deadline =
      timeoutMs === Number.POSITIVE_INFINITY ? undefined : new LoadDeadline(this.#clock, timeoutMs);
    const own = { tags, current: true, deadline };
    this.#running.set(key, own);
    this.started++;
    return own;
  }

  #load(
    key: K,
    loader: Loader<K, V>,
    options: LoadOptions,
    own: Running,
    signal: AbortSignal | undefined,
  ): V | Promise<V> {
    const { deadline } = own;
    const fill = (value: V): V => {
      if (!own.current) this.discarded++;
      else {
        this.#running.delete(key);
        const { ttlMs, staleMs } = options;
        if (value !== undefined) this.#store(key, value, { ttlMs, staleMs, tags: own.tags });
        this.#pauses.succeeded(key);
      }
      return value;
    };
    const fail = (error: unknown): never => {
      this.failed++;
      if (own.current) this.#running.delete(key);
      throw error;
    };
    // Whoever comes from now on loads anew, be it the loader itself when it is told to stop.
    const expire = (): void => {
      if (own.current) this.supersede(key);
    };
    let answer: V | PromiseLike<V>;
    let pending: Promise<V> | undefined;
    try {
      answer = loader(key, deadline === undefined ? signal : deadline.signal(signal));
      // What the loader gave may throw when it is looked at.
      if (isThenable(answer)) pending = deadline?.bound(answer, expire) ?? Promise.resolve(answer);
    } catch (error) {
      return fail(error);
    }
    return pending === undefined ? fill(answer as V) : pending.then(fill, fail);
  }
}
