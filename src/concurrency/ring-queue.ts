import { type Clock, systemClock } from "../clock.ts";
import { RingRecordSizeError } from "../errors.ts";
import { integer } from "../options.ts";
import { lengthMask, mostAtOnce } from "./ring-codec.ts";
import type { RingCore } from "./ring-core.ts";
import { type RingSyncWait, type RingWait, resolveWait } from "./ring-options.ts";
import { RingSide } from "./ring-side.ts";

/** What one member has done, and how full the ring is. */
export interface RingStats {
  /** Records that this member has put in. */
  readonly pushed: number;
  /** Records that this member has taken. */
  readonly popped: number;
  /** How often this member had to wait for room, and for a record. */
  readonly pushWaits: number;
  readonly popWaits: number;
  /** In use now by all: bytes (SPSC) or records (MPMC). */
  readonly used: number;
  /** Likewise. */
  readonly capacity: number;
  readonly closed: boolean;
}

const syncKeys = ["timeoutMs"];
const asyncKeys = ["timeoutMs", "signal"];

/**
 * One thread's access to a ring. Each operation comes in three forms: `try…` never waits, `…Sync` blocks the thread (by
 * `Atomics.wait`, which Node allows on the main thread as well, where it stops the event loop), and the plain name
 * returns a promise, which keeps the process alive while it waits.
 *
 * Who waits in one thread is served in order: while a `push` waits for room, later ones of this member wait behind it.
 *
 * After `close`, by whichever thread, every push throws `ClosedError`, also one that waits; what is in can still be
 * popped, and then comes the end: `undefined` from `pop`, an empty array from `drain`, and `ended` is true.
 */
export abstract class RingQueue<T> {
  readonly #core: RingCore<T>;
  readonly #pushing: RingSide;
  readonly #popping: RingSide;
  readonly #capacity: number;
  #pushed = 0;
  #popped = 0;

  /** @param capacity for `stats` */
  constructor(core: RingCore<T>, capacity: number, clock: Clock = systemClock) {
    this.#core = core;
    this.#capacity = capacity;
    this.#pushing = new RingSide(core, "consumer", clock);
    this.#popping = new RingSide(core, "producer", clock);
  }

  /** The longest record, in bytes; of JSON, as UTF-8. */
  get maxRecordBytes(): number {
    return this.#core.maxRecordBytes;
  }

  get closed(): boolean {
    return this.#core.closed;
  }

  /** Is it closed and empty, so that nothing will come? */
  get ended(): boolean {
    return this.#core.ended();
  }

  /**
   * @returns false when there is no room
   * @throws {ClosedError}
   * @throws {RingRecordSizeError} when it is longer than `maxRecordBytes`
   * @throws {TypeError} when it isn't what the ring carries
   */
  tryPush(item: T): boolean {
    const encoded = this.#core.codec.encode(item);
    const head = this.#head(encoded);
    return this.#pushing.free && this.#put(encoded, head);
  }

  /**
   * Blocks until there is room.
   * @throws what `tryPush` throws
   * @throws {DeadlineError | RingStalledError} when the time ran out; it isn't in
   */
  pushSync(item: T, options?: RingSyncWait): void {
    const { timeoutMs } = resolveWait(options, syncKeys);
    const encoded = this.#core.codec.encode(item);
    const head = this.#head(encoded);
    const attempt = (): boolean => this.#pushing.free && this.#put(encoded, head);
    if (!attempt()) this.#pushing.block("ring push", attempt, timeoutMs);
  }

  /**
   * Waits until there is room; what is put in is the item as it was when this was called.
   * @throws what `pushSync` throws, or the signal's reason; it isn't in
   */
  async push(item: T, options?: RingWait): Promise<void> {
    const wait = resolveWait(options, asyncKeys);
    const encoded = this.#core.codec.encode(item);
    const head = this.#head(encoded);
    if (wait.signal?.aborted) throw wait.signal.reason;
    if (this.#pushing.free && this.#put(encoded, head)) return;
    const kept = this.#core.codec.keep(encoded);
    await this.#pushing.wait("ring push", () => this.#put(kept, head), wait);
  }

  /**
   * Puts in as many as there is room for, from index `from` on, and makes them visible together.
   * @returns how many; fewer also when one can't be put in at all, which throws once it is the first
   * @throws what `tryPush` throws, when nothing was put in
   */
  tryPushAll(items: readonly T[], from = 0): number {
    integer("from", from, 0, items.length);
    return this.#putMany(items, from);
  }

  /**
   * Blocks until all are in.
   * @returns how many are in; fewer when the time ran out, the ring was closed, or one can't be put in
   * @throws what `pushSync` throws, when nothing was put in
   */
  pushAllSync(items: readonly T[], options?: RingSyncWait): number {
    const { timeoutMs } = resolveWait(options, syncKeys);
    let done = 0;
    const attempt = (): boolean => {
      done += this.#putMany(items, done);
      return done === items.length;
    };
    try {
      if (!attempt()) this.#pushing.block("ring push", attempt, timeoutMs);
    } catch (error) {
      if (done === 0) throw error;
    }
    return done;
  }

  /** Waits until all are in. @returns and throws what `pushAllSync` does, or the signal's reason */
  async pushAll(items: readonly T[], options?: RingWait): Promise<number> {
    const wait = resolveWait(options, asyncKeys);
    if (wait.signal?.aborted) throw wait.signal.reason;
    const done = this.#putMany(items, 0);
    if (done === items.length) return done;
    const rest = items.slice(done);
    let from = 0;
    const attempt = (): boolean => {
      from += this.#putMine(rest, from);
      return from === rest.length;
    };
    try {
      await this.#pushing.wait("ring push", attempt, wait);
    } catch (error) {
      if (done + from === 0) throw error;
    }
    return done + from;
  }

  /** @returns the oldest record, or `undefined` when there is none now, or none any more (see `ended`) */
  tryPop(): T | undefined {
    if (!this.#popping.free) return undefined;
    return this.#take();
  }

  /**
   * Blocks until there is a record.
   * @returns `undefined` at the end
   * @throws {DeadlineError | RingStalledError} when the time ran out
   */
  popSync(options?: RingSyncWait): T | undefined {
    const { timeoutMs } = resolveWait(options, syncKeys);
    let item = this.tryPop();
    if (item !== undefined) return item;
    const attempt = (): boolean => {
      item = this.tryPop();
      return item !== undefined || this.#core.ended();
    };
    this.#popping.block("ring pop", attempt, timeoutMs);
    return item;
  }

  /** Waits until there is a record. @returns and throws what `popSync` does, or the signal's reason */
  async pop(options?: RingWait): Promise<T | undefined> {
    const wait = resolveWait(options, asyncKeys);
    if (wait.signal?.aborted) throw wait.signal.reason;
    let item = this.tryPop();
    if (item !== undefined) return item;
    const attempt = (): boolean => {
      item = this.#take();
      return item !== undefined || this.#core.ended();
    };
    await this.#popping.wait("ring pop", attempt, wait);
    return item;
  }

  /**
   * Takes several records at once: 256 or 16 MiB at most, and only what stands in one piece of memory, so there may be more.
   * @param max at most so many, ≥ 1
   * @returns an empty array when there is nothing now, or nothing any more (see `ended`)
   */
  tryDrain(max: number = Number.MAX_SAFE_INTEGER): T[] {
    integer("max", max, 1);
    if (!this.#popping.free) return [];
    return this.#takeMany(max);
  }

  /** Blocks until there is a record, and takes as many as `tryDrain`. @returns and throws what `popSync` does; `[]` at the end */
  drainSync(max: number = Number.MAX_SAFE_INTEGER, options?: RingSyncWait): T[] {
    const { timeoutMs } = resolveWait(options, syncKeys);
    let items = this.tryDrain(max);
    if (items.length > 0) return items;
    const attempt = (): boolean => {
      items = this.tryDrain(max);
      return items.length > 0 || this.#core.ended();
    };
    this.#popping.block("ring drain", attempt, timeoutMs);
    return items;
  }

  /** Waits until there is a record, and takes as many as `tryDrain`. @returns and throws what `pop` does; `[]` at the end */
  async drain(max: number = Number.MAX_SAFE_INTEGER, options?: RingWait): Promise<T[]> {
    const wait = resolveWait(options, asyncKeys);
    if (wait.signal?.aborted) throw wait.signal.reason;
    let items = this.tryDrain(max);
    if (items.length > 0) return items;
    const attempt = (): boolean => {
      items = this.#takeMany(max);
      return items.length > 0 || this.#core.ended();
    };
    await this.#popping.wait("ring drain", attempt, wait);
    return items;
  }

  /** All records until the end, one by one, so that who leaves the loop loses none. The ring stays open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (let item = await this.pop(); item !== undefined; item = await this.pop()) yield item;
  }

  /** Nothing is put in from now on, by any thread; who waits is woken. Does nothing when it is closed already. */
  close(): void {
    this.#core.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  stats(): RingStats {
    return {
      pushed: this.#pushed,
      popped: this.#popped,
      pushWaits: this.#pushing.waits,
      popWaits: this.#popping.waits,
      // Positions are read one after the other, while others go on.
      used: Math.min(Math.max(this.#core.used(), 0), this.#capacity),
      capacity: this.#capacity,
      closed: this.closed,
    };
  }

  #head(encoded: unknown): number {
    const head = this.#core.codec.head(encoded);
    const sizeBytes = head & lengthMask;
    if (sizeBytes > this.#core.maxRecordBytes)
      throw new RingRecordSizeError(sizeBytes, this.#core.maxRecordBytes);
    return head;
  }

  #put(encoded: unknown, head: number): boolean {
    if (!this.#core.put(encoded, head)) return false;
    this.#pushed++;
    return true;
  }

  #putMany(items: readonly T[], from: number): number {
    return this.#pushing.free ? this.#putMine(items, from) : 0;
  }

  #putMine(items: readonly T[], from: number): number {
    let done = from;
    try {
      while (done < items.length) {
        const { encoded, heads, refusal } = this.#encodeSome(items, done);
        if (encoded.length === 0) throw refusal;
        const count = this.#core.putMany(encoded, heads);
        done += count;
        if (count < encoded.length || refusal !== undefined) break;
      }
    } catch (error) {
      // Those before are in; the next call begins with this one, and throws.
      if (done === from) throw error;
    }
    this.#pushed += done - from;
    return done - from;
  }

  #encodeSome(items: readonly T[], from: number): EncodedItems {
    const encoded: unknown[] = [];
    const heads: number[] = [];
    const end = Math.min(items.length, from + mostAtOnce);
    try {
      for (let i = from; i < end; i++) {
        const one = this.#core.codec.encode(items[i]!);
        heads.push(this.#head(one));
        encoded.push(one);
      }
    } catch (refusal) {
      return { encoded, heads, refusal };
    }
    return { encoded, heads, refusal: undefined };
  }

  #take(): T | undefined {
    const item = this.#core.take();
    if (item !== undefined) this.#popped++;
    return item;
  }

  #takeMany(max: number): T[] {
    const items = this.#core.takeMany(max);
    this.#popped += items.length;
    return items;
  }
}

interface EncodedItems {
  readonly encoded: readonly unknown[];
  readonly heads: readonly number[];
  /** Why the next one can't be put in. */
  readonly refusal: unknown;
}
