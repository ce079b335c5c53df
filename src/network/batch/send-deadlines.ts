import { type Clock, systemClock, type TimerHandle } from "../../clock.ts";
import { keepAlive, letEnd } from "../../concurrency/keep-alive.ts";
import type { Batch } from "./batch.ts";
import { BatchList } from "./batch-list.ts";

/**
 * When sendings run out of time. All have the same time, so the oldest is the first, and one timer that is seldom set
 * does for all: it stays when its sending has ended, and then looks for the next.
 */
export class SendDeadlines<K, V> {
  readonly #clock: Clock;
  readonly #onDue: (batch: Batch<K, V>) => void;
  readonly #sent = new BatchList<K, V>();
  #timer: TimerHandle;

  /** @param onDue ends the batch and calls `remove` */
  constructor(clock: Clock, onDue: (batch: Batch<K, V>) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** @param batch with a deadline that isn't before those added earlier @param nowMs the time */
  add(batch: Batch<K, V>, nowMs: number): void {
    // A clock's timer lets the process end; somebody whom only it can settle must not be left behind.
    if (this.#sent.first === undefined && this.#clock === systemClock) keepAlive();
    this.#sent.push(batch);
    if (this.#timer === undefined) this.#arm(batch.deadline - nowMs);
  }

  /** To be called once for each that was added, when it has ended. */
  remove(batch: Batch<K, V>): void {
    this.#sent.remove(batch);
    if (this.#sent.first === undefined && this.#clock === systemClock) letEnd();
  }

  /** Gives the timer back. */
  close(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(this.#wake, Math.max(1, Math.ceil(delayMs)));
  }

  readonly #wake = (): void => {
    this.#timer = undefined;
    const nowMs = this.#clock.now();
    for (let first = this.#sent.first; first !== undefined; first = this.#sent.first) {
      if (first.deadline > nowMs) {
        if (this.#timer === undefined) this.#arm(first.deadline - nowMs);
        return;
      }
      this.#onDue(first);
    }
  };
}
