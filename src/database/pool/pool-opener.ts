import type { Clock, TimerHandle } from "../../clock.ts";
import type { GuardedTarget } from "./guarded-target.ts";
import { OperationLimit } from "./operation-limit.ts";
import { retryDelayMs } from "./pool-sizing.ts";

/** Who hears of the end of an attempt, after it has left `inFlight`. */
export interface OpenerEvents<C> {
  opened(connection: C, tookMs: number): void;
  failed(): void;
  /** A pause after failures is over. */
  retry(): void;
}

/**
 * Opens connections, each within `connectTimeoutMs`.
 * After a failure it pauses, longer each time, then tries a single one; a success lifts all that.
 */
export class PoolOpener<C> {
  readonly #target: GuardedTarget<C>;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #events: OpenerEvents<C>;
  readonly #cancelled = new AbortController();
  /** Attempts under way. */
  inFlight = 0;
  #failures = 0;
  #retryAt = 0;
  #timer: TimerHandle;
  /** Why it failed last; `undefined` after a success. */
  lastError: unknown;

  constructor(
    target: GuardedTarget<C>,
    timeoutMs: number,
    clock: Clock,
    random: () => number,
    events: OpenerEvents<C>,
  ) {
    this.#target = target;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#random = random;
    this.#events = events;
  }

  /** How many may be begun now; at 0 for a pause, `retry` will tell. */
  allowed(now: number): number {
    if (this.#failures === 0) return Number.POSITIVE_INFINITY;
    if (now >= this.#retryAt) return Math.max(0, 1 - this.inFlight);
    this.#timer ??= this.#clock.setTimeout(this.#onRetry, this.#retryAt - now);
    return 0;
  }

  open(now: number): void {
    const bounds = { deadline: now + this.#timeoutMs, signal: this.#cancelled.signal };
    const attempt = new OperationLimit(bounds, this.#clock);
    this.inFlight++;
    attempt
      .run("connect", (signal) => this.#target.connect(signal))
      .finally(() => {
        attempt.end();
        this.inFlight--;
      })
      .then(
        (connection) => this.#succeed(attempt, connection, now),
        (error: unknown) => this.#fail(attempt, error),
      );
  }

  /** Gives all attempts up, without a word to the events; what connects all the same is destroyed. */
  cancel(reason: unknown): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#cancelled.abort(reason);
  }

  #succeed(attempt: OperationLimit, connection: C, startedAt: number): void {
    if (!this.#target.usable(connection)) {
      // Without the pause that a failure brings, the pool would open the next at once, and so on for ever.
      this.#target.destroy(connection);
      this.#fail(attempt, new Error("the connection was broken as soon as it was open"));
      return;
    }
    this.#failures = 0;
    this.lastError = undefined;
    this.#events.opened(connection, this.#clock.now() - startedAt);
  }

  #fail(attempt: OperationLimit, error: unknown): void {
    if (attempt.cut) this.#disown(attempt);
    if (this.#cancelled.signal.aborted) return;
    const now = this.#clock.now();
    this.lastError = error;
    // Attempts that fail together are one failure: the pause of the first covers them all.
    if (now >= this.#retryAt) {
      this.#failures++;
      this.#retryAt = now + retryDelayMs(this.#failures, this.#random());
    }
    this.#events.failed();
  }

  /** A driver that doesn't heed the signal may still connect: nobody wants that connection any more. */
  #disown(attempt: OperationLimit): void {
    attempt.running?.then(
      (late) => this.#target.destroy(late as C),
      () => {
        // It failed, as it was told to.
      },
    );
  }

  readonly #onRetry = (): void => {
    this.#timer = undefined;
    this.#events.retry();
  };
}
