import type { Clock, TimerHandle } from "../../clock.ts";
import { DeadlineError } from "../../errors.ts";
import type { Operation } from "../driver.ts";

/** An operation without any bound. */
export const unbounded: Operation = Object.freeze({ deadline: Number.POSITIVE_INFINITY });

/** What a deadline of NaN is refused with. */
export const nanDeadline = (): RangeError => new RangeError("deadline: expected a time, got NaN");

/**
 * The bounds of one operation as one `AbortSignal` for all its steps.
 * A step that is cut rejects at once, whatever the driver makes of the signal; what the driver still does goes on as
 * `running`. Without a deadline and a signal nothing is made and nothing is timed.
 */
export class OperationLimit {
  readonly #operation: Operation;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #controller: AbortController | undefined;
  #armed = false;
  #timer: TimerHandle;
  #step = "";
  #reject: ((reason: unknown) => void) | undefined;
  /** The driver's own promise of the latest step; `undefined` when that was refused before it began. */
  running: Promise<unknown> | undefined;

  /** Nothing is armed before the first step; `end` must follow the last. */
  constructor(operation: Operation, clock: Clock) {
    const bounded = operation.deadline !== Number.POSITIVE_INFINITY || operation.signal !== undefined;
    this.#operation = operation;
    this.#clock = clock;
    this.#startedAt = bounded ? clock.now() : 0;
    this.#controller = bounded ? new AbortController() : undefined;
  }

  /** Did the deadline or the signal end it? */
  get cut(): boolean {
    return this.#controller?.signal.aborted ?? false;
  }

  /**
   * Runs one step.
   * @param step names it in the error
   * @throws {DeadlineError} at the deadline, or the reason of the signal
   */
  run<T>(step: string, work: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
    const controller = this.#controller;
    if (controller === undefined) return start(work, undefined);
    this.#step = step;
    this.running = undefined;
    if (!this.#armed) this.#arm();
    const { signal } = controller;
    if (signal.aborted) return Promise.reject(signal.reason);
    const running = start(work, signal);
    this.running = running;
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      running.then(resolve, reject);
      // Cut by what the work did on the spot.
      if (signal.aborted) reject(signal.reason);
    });
  }

  /** Cuts the step that runs and refuses those to come. */
  abort(reason: unknown): void {
    if (this.cut) return;
    this.end();
    // First the caller's promise, so that the driver's own rejection can't come before the reason.
    this.#reject?.(reason);
    this.#controller?.abort(reason);
  }

  /** Disarms timer and listener. */
  end(): void {
    if (!this.#armed) return;
    this.#armed = false;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#operation.signal?.removeEventListener("abort", this.#onAbort);
  }

  #arm(): void {
    const { deadline, signal } = this.#operation;
    this.#armed = true;
    if (signal?.aborted) {
      this.abort(signal.reason);
      return;
    }
    signal?.addEventListener("abort", this.#onAbort);
    if (deadline === Number.POSITIVE_INFINITY) return;
    const remainingMs = deadline - this.#clock.now();
    if (remainingMs <= 0) this.#expire();
    else this.#timer = this.#clock.setTimeout(() => this.#expire(), remainingMs);
  }

  #expire(): void {
    const timeoutMs = Math.max(0, Math.round(this.#operation.deadline - this.#startedAt));
    this.abort(new DeadlineError(this.#step, timeoutMs));
  }

  readonly #onAbort = (): void => this.abort(this.#operation.signal?.reason);
}

function start<T>(
  work: (signal: AbortSignal | undefined) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  try {
    return work(signal);
  } catch (error) {
    return Promise.reject(error);
  }
}
