import { Notice } from "./notice.ts";

/** Of a key. */
export class Watch extends Notice {
  /** Key of the cache; `undefined` of a lease. */
  readonly key: string | undefined;
  /** Did the server say that it is there, so that its end will be told of? */
  isThere = false;
  #waiters: (() => void)[] | undefined;

  constructor(key: string | undefined) {
    super();
    this.key = key;
  }

  /** Calls once the key has changed, or may have. */
  onEnd(waiter: () => void): void {
    if (this.isAlive) {
      this.#waiters ??= [];
      this.#waiters.push(waiter);
    } else waiter();
  }

  override end(): void {
    super.end();
    const waiters = this.#waiters;
    this.#waiters = undefined;
    for (const waiter of waiters ?? []) waiter();
  }
}

/**
 * Keys that the server has been asked for, and will tell of. A watch is there before the question is sent: what the server
 * tells between its answer and the time that we look at it must not be missed.
 */
export class Watches {
  readonly #byName = new Map<string, Watch>();
  readonly #max: number;
  readonly #forgotten: (key: string) => void;

  /** @param forgotten told of keys of the cache that are watched no more */
  constructor(max: number, forgotten: (key: string) => void) {
    this.#max = max;
    this.#forgotten = forgotten;
  }

  get size(): number {
    return this.#byName.size;
  }

  /** To be called before the server is asked. */
  of(name: string, key?: string): Watch {
    const present = this.#byName.get(name);
    if (present) return present;
    if (this.#byName.size >= this.#max) {
      const [oldest] = this.#byName.keys();
      if (oldest !== undefined) this.end(oldest);
    }
    const watch = new Watch(key);
    this.#byName.set(name, watch);
    return watch;
  }

  /** The server told of a change. */
  told(name: string): void {
    if (this.#byName.get(name)?.told()) this.end(name);
  }

  end(name: string): void {
    const watch = this.#byName.get(name);
    if (!watch) return;
    this.#byName.delete(name);
    watch.end();
    if (watch.key !== undefined) this.#forgotten(watch.key);
  }

  /** Ends one watch, unless another has taken its place. */
  endOne(name: string, watch: Watch): void {
    if (this.#byName.get(name) === watch) this.end(name);
    else watch.end();
  }

  endAll(): void {
    const all = [...this.#byName.values()];
    this.#byName.clear();
    for (const watch of all) watch.end();
  }
}
