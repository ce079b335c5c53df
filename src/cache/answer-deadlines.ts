import { type Clock, systemClock, type TimerHandle } from "../clock.ts";
import { keepAlive, letEnd } from "../concurrency/keep-alive.ts";

interface Waiting {
  readonly dueMs: number;
  readonly reject: (error: unknown) => void;
  isDone: boolean;
}

/**
 * The time limits of questions that all have the same: the oldest falls due first, so that one timer serves them all. Keeps the
 * process alive while somebody waits.
 */
export class AnswerDeadlines {
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #late: () => Error;
  #waiting: Waiting[] = [];
  #head = 0;
  #open = 0;
  #timer: TimerHandle | undefined;

  /** @param late makes the error of a question whose time is up */
  constructor(timeoutMs: number, late: () => Error, clock: Clock = systemClock) {
    this.#timeoutMs = timeoutMs;
    this.#late = late;
    this.#clock = clock;
  }

  /**
   * @param failed makes the error of what `answer` rejects with
   * @param ended called when there is an answer, however late
   * @returns what `answer` gives, if it does so in time
   */
  bound<T>(answer: Promise<T>, failed: (thrown: unknown) => unknown, ended?: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { dueMs: this.#clock.now() + this.#timeoutMs, reject, isDone: false };
      this.#waiting.push(waiting);
      if (this.#open++ === 0) keepAlive();
      if (this.#timer === undefined) this.#arm(this.#timeoutMs);
      answer.then(
        (value) => {
          ended?.();
          if (this.#finish(waiting)) resolve(value);
        },
        (thrown) => {
          ended?.();
          if (this.#finish(waiting)) reject(failed(thrown));
        },
      );
    });
  }

  #finish(waiting: Waiting): boolean {
    if (waiting.isDone) return false;
    waiting.isDone = true;
    if (--this.#open === 0) {
      letEnd();
      this.#waiting = [];
      this.#head = 0;
    }
    return true;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      const dueBy = this.#clock.now();
      const expire = () => this.#expire(dueBy);
      // After a pause of this process the answers may be there, unread: they are read before `setImmediate`.
      if (this.#clock === systemClock) setImmediate(expire);
      else this.#timer = this.#clock.setTimeout(expire, 0);
    }, delayMs);
  }

  #expire(dueBy: number): void {
    this.#timer = undefined;
    for (; this.#head < this.#waiting.length; this.#head++) {
      const waiting = this.#waiting[this.#head]!;
      if (waiting.isDone) continue;
      if (waiting.dueMs > dueBy) {
        this.#waiting.splice(0, this.#head);
        this.#head = 0;
        this.#arm(Math.max(0, waiting.dueMs - this.#clock.now()));
        return;
      }
      // The last one empties the list.
      const isLast = this.#open === 1;
      this.#finish(waiting);
      waiting.reject(this.#late());
      if (isLast) return;
    }
    this.#waiting = [];
    this.#head = 0;
  }
}
