import type { Clock, TimerHandle } from "../clock.ts";
import { DeadlineError } from "../errors.ts";

/** The time that one load has. Its timer keeps the process alive as long as somebody waits for the load. */
export class LoadDeadline {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #deadline: number;
  readonly #controller = new AbortController();
  #timer: TimerHandle | undefined;
  #waiting = 0;

  /** @param timeoutMs from now on, > 0 */
  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#deadline = clock.now() + timeoutMs;
  }

  /** @returns aborts at the deadline, and when `other` does */
  signal(other: AbortSignal | undefined): AbortSignal {
    const { signal } = this.#controller;
    return other === undefined ? signal : AbortSignal.any([other, signal]);
  }

  /**
   * @param expire called at the deadline, before anybody learns of it
   * @returns what `answer` gives, if it settles in time
   * @throws {DeadlineError} at the deadline
   */
  bound<V>(answer: PromiseLike<V>, expire: () => void): Promise<V> {
    // Before the timer is set: an answer may throw when it is looked at.
    const answered = Promise.resolve(answer);
    return new Promise<V>((resolve, reject) => {
      const fail = (): void => {
        const error = new DeadlineError("getOrLoad", this.#timeoutMs);
        expire();
        reject(error);
        this.#controller.abort(error);
      };
      this.#timer = this.#clock.setTimeout(fail, Math.max(0, this.#deadline - this.#clock.now()));
      answered.finally(() => this.#clock.clearTimeout(this.#timer)).then(resolve, reject);
    });
  }

  /** Somebody waits, until `answer` settles, for the load that was `bound`. */
  awaitedBy(answer: Promise<unknown>): void {
    const timer = this.#timer as Partial<NodeJS.Timeout> | undefined;
    const leave = (): void => {
      if (--this.#waiting === 0) timer?.unref?.();
    };
    if (++this.#waiting === 1) timer?.ref?.();
    answer.then(leave, leave);
  }
}
