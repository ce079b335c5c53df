/** How a wait ended: woken, not begun because the word had changed, or out of time. */
export type WaitOutcome = "ok" | "not-equal" | "timed-out";

/** `value` settles when the word is notified; without it the word had changed before the wait began. */
export type AsyncWait =
  | { readonly async: true; readonly value: PromiseLike<unknown> }
  | { readonly async: false };

/**
 * Every access that a ring makes to memory that other threads share, so that a model checker can stand in for it.
 * Words are 32-bit signed integers, by index.
 *
 * `load`, `store`, `compareExchange`, `or`, `add`, `wait` and `notify` are sequentially consistent: all threads see them
 * in one order. `read`, `write` and the payload's bytes are plain: they may only be used where an atomic access orders
 * them, that is, between reading a position that hands a place over and storing the one that hands it on.
 */
export interface RingMemory {
  load(word: number): number;
  store(word: number, value: number): void;
  /** @returns what the word held before; it was replaced when that is `expected` */
  compareExchange(word: number, expected: number, value: number): number;
  /** @returns what the word held before */
  or(word: number, bits: number): number;
  /** @returns what the word held before */
  add(word: number, value: number): number;
  read(word: number): number;
  write(word: number, value: number): void;
  /** Blocks the thread while the word holds `expected`, for `timeoutMs` at most. */
  wait(word: number, expected: number, timeoutMs: number): WaitOutcome;
  waitAsync(word: number, expected: number): AsyncWait;
  /** Wakes all who wait on the word. */
  notify(word: number): void;
}

/** The real thing. */
export class SharedMemory implements RingMemory {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  load(word: number): number {
    return Atomics.load(this.#words, word);
  }

  store(word: number, value: number): void {
    Atomics.store(this.#words, word, value);
  }

  compareExchange(word: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.#words, word, expected, value);
  }

  or(word: number, bits: number): number {
    return Atomics.or(this.#words, word, bits);
  }

  add(word: number, value: number): number {
    return Atomics.add(this.#words, word, value);
  }

  read(word: number): number {
    return this.#words[word]!;
  }

  write(word: number, value: number): void {
    this.#words[word] = value;
  }

  wait(word: number, expected: number, timeoutMs: number): WaitOutcome {
    return Atomics.wait(this.#words, word, expected, timeoutMs);
  }

  waitAsync(word: number, expected: number): AsyncWait {
    const wait = Atomics.waitAsync(this.#words, word, expected);
    return wait.async ? wait : { async: false };
  }

  notify(word: number): void {
    Atomics.notify(this.#words, word);
  }
}
