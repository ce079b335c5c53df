/** Tasks that one thread can hold. */
export const slotCount = 512;

/** Where a task in a thread's hands stands. A slot is used again once the thread has answered for it. */
export const slotState = Object.freeze({
  /** Sent; the thread hasn't begun it. */
  ready: 1,
  running: 2,
  /** Ended; its answer is on the way. */
  done: 3,
  /** Taken back before it began; the thread will pass over it. */
  revoked: 4,
  /** Given up while it ran; the thread begins nothing after it. */
  killed: 5,
});

/**
 * Settles between a pool and one of its threads who has a task, in memory that both see: the thread begins a task only
 * if the pool hasn't taken it back, and the pool takes back only what hasn't begun. Each step is one compare-and-swap
 * from the state that it presumes, so exactly one side gets each task, however the two are interleaved:
 * ready → running → done in the thread, ready → revoked and running → killed in the pool.
 * The memory outlives the thread, so it tells afterwards what a crash hit.
 */
export class TaskSlots {
  readonly buffer: SharedArrayBuffer;
  readonly #states: Int32Array;
  readonly #runMs: Float64Array;

  /** @param buffer of the other side's slots; without it, new ones */
  constructor(buffer = new SharedArrayBuffer(slotCount * 12)) {
    this.buffer = buffer;
    this.#runMs = new Float64Array(buffer, 0, slotCount);
    this.#states = new Int32Array(buffer, slotCount * 8, slotCount);
  }

  /** The pool puts a task there. */
  offer(slot: number): void {
    Atomics.store(this.#states, slot, slotState.ready);
  }

  /** The pool takes it back. @returns false when it has begun */
  revoke(slot: number): boolean {
    return this.#swap(slot, slotState.ready, slotState.revoked);
  }

  /** The pool gives it up. @returns false when it has not begun, or has ended */
  kill(slot: number): boolean {
    return this.#swap(slot, slotState.running, slotState.killed);
  }

  /** The thread begins it. @returns false when it was taken back */
  start(slot: number): boolean {
    return this.#swap(slot, slotState.ready, slotState.running);
  }

  /** The thread has ended it. @returns false when it was given up: the thread must begin nothing more */
  finish(slot: number, runMs: number): boolean {
    this.#runMs[slot] = runMs;
    return this.#swap(slot, slotState.running, slotState.done);
  }

  state(slot: number): number {
    return Atomics.load(this.#states, slot);
  }

  /** Milliseconds that the task ran, once its answer has come. */
  runMs(slot: number): number {
    return this.#runMs[slot]!;
  }

  #swap(slot: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#states, slot, from, to) === from;
  }
}
