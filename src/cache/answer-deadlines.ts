import { type Clock, systemClock, type TimerHandle } from "../clock.ts";
import { keepAlive, letEnd } from "../concurrency/keep-alive.ts";

/**
 * What becomes of an answer; all but `ended` give the result, or throw what the question fails with. `about` is whatever was
 * given with the question.
 */
export interface AnswerUse<T, R, A> {
  /** It came in time. */
  kept(value: T, about: A): R | PromiseLike<R>;
  /** A failure came in time. */
  failed(thrown: unknown, about: A): R;
  /** Its time is up. */
  late(about: A): R;
  /** Called before the others when there is an answer, however late that comes. */
  ended(): void;
}

/** One that is waited for. What is made of its answer is made here: each promise behind another takes longer than that. */
class Question<T, R, A> {
  readonly dueMs: number;
  readonly #use: AnswerUse<T, R, A>;
  readonly #about: A;
  readonly #resolve: (result: R | PromiseLike<R>) => void;
  readonly #reject: (error: unknown) => void;
  isDone = false;

  constructor(
    dueMs: number,
    use: AnswerUse<T, R, A>,
    about: A,
    resolve: (result: R | PromiseLike<R>) => void,
    reject: (error: unknown) => void,
  ) {
    this.dueMs = dueMs;
    this.#use = use;
    this.#about = about;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  answer(value: T): void {
    try {
      this.#resolve(this.#use.kept(value, this.#about));
    } catch (error) {
      this.#reject(error);
    }
  }

  fail(thrown: unknown): void {
    try {
      this.#resolve(this.#use.failed(thrown, this.#about));
    } catch (error) {
      this.#reject(error);
    }
  }

  expire(): void {
    try {
      this.#resolve(this.#use.late(this.#about));
    } catch (error) {
      this.#reject(error);
    }
  }
}

interface Waiting {
  readonly dueMs: number;
  isDone: boolean;
  expire(): void;
}

/**
 * The time limits of questions that all have the same: the oldest falls due first, so that one timer serves them all. Keeps the
 * process alive while somebody waits.
 */
export class AnswerDeadlines {
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #head = 0;
  #open = 0;
  #timer: TimerHandle | undefined;

  constructor(timeoutMs: number, clock: Clock = systemClock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /**
   * @param about what `use` is to know of this question
   * @param nowMs what the clock says, where the caller has just asked it
   * @returns what `use` makes of the answer, or of its absence
   */
  bound<T, R, A>(
    answer: Promise<T>,
    use: AnswerUse<T, R, A>,
    about: A,
    nowMs = this.#clock.now(),
  ): Promise<R> {
    return new Promise((resolve, reject) => {
      const question = new Question(nowMs + this.#timeoutMs, use, about, resolve, reject);
      this.#waiting.push(question);
      if (this.#open++ === 0) keepAlive();
      if (this.#timer === undefined) this.#arm(this.#timeoutMs);
      answer.then(
        (value) => {
          use.ended();
          if (this.#finish(question)) question.answer(value);
        },
        (thrown) => {
          use.ended();
          if (this.#finish(question)) question.fail(thrown);
        },
      );
    });
  }

  #finish(question: Waiting): boolean {
    if (question.isDone) return false;
    question.isDone = true;
    if (--this.#open === 0) {
      letEnd();
      this.#waiting.length = 0;
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
      const question = this.#waiting[this.#head]!;
      if (question.isDone) continue;
      if (question.dueMs > dueBy) {
        this.#waiting.splice(0, this.#head);
        this.#head = 0;
        this.#arm(Math.max(0, question.dueMs - this.#clock.now()));
        return;
      }
      // The last one empties the list.
      const isLast = this.#open === 1;
      this.#finish(question);
      question.expire();
      if (isLast) return;
    }
    this.#waiting = [];
    this.#head = 0;
  }
}
