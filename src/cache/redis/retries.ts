import { systemClock, type TimerHandle } from "../../clock.ts";

const shortestMs = 20;

/** Does something again until it succeeds, with pauses that grow and are drawn at random, so that a fleet doesn't come back at once. */
export class Retries {
  readonly #maxPauseMs: number;
  readonly #attempt: () => Promise<boolean>;
  #failures = 0;
  #timer: TimerHandle | undefined;
  #isRunning = false;
  #isAskedAgain = false;
  #isClosed = false;

  /** @param attempt says whether it succeeded, and doesn't reject */
  constructor(maxPauseMs: number, attempt: () => Promise<boolean>) {
    this.#maxPauseMs = maxPauseMs;
    this.#attempt = attempt;
  }

  /** Starts now, unless it runs already: then it runs once more. @returns when the first attempt has ended */
  async start(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#isRunning) {
      this.#isAskedAgain = true;
      return;
    }
    systemClock.clearTimeout(this.#timer);
    this.#isRunning = true;
    const isDone = await this.#attempt();
    this.#isRunning = false;
    if (this.#isClosed) return;
    const isAskedAgain = this.#isAskedAgain;
    this.#isAskedAgain = false;
    if (isDone && !isAskedAgain) {
      this.#failures = 0;
      return;
    }
    const most = Math.min(this.#maxPauseMs, shortestMs * 2 ** Math.min(this.#failures++, 20));
    this.#timer = systemClock.setTimeout(() => void this.start(), most * (0.5 + Math.random() / 2));
  }

  close(): void {
    this.#isClosed = true;
    systemClock.clearTimeout(this.#timer);
  }
}
