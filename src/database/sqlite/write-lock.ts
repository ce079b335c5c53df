import type { Clock } from "../../clock.ts";
import { PoolQueueFullError } from "../../errors.ts";
import type { Operation } from "../driver.ts";
import { onCut, requireTime } from "./bounded-wait.ts";

/** Callers that may wait for one lock; the next is refused. */
const maxWaiting = 10_000;

/** The one writer's turn: granted in order of asking, to one holder at a time. */
export class WriteLock {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #held = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get held(): boolean {
    return this.#held;
  }
  /** Callers in the queue. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** @returns whether the lock was free, and is now the caller's */
  tryAcquire(): boolean {
    if (this.#held) return false;
    this.#held = true;
    return true;
  }

  /**
   * Waits for the lock.
   * @throws {DeadlineError} or the signal's reason, and then the lock isn't held
   * @throws {PoolQueueFullError} when 10,000 already wait
   */
  async acquire(operation: Operation): Promise<void> {
    requireTime(operation, this.#clock.now(), "waiting for the writer");
    if (this.tryAcquire()) return;
    if (this.#waiting.size >= maxWaiting) throw new PoolQueueFullError("sqlite writer", maxWaiting);
    // The clock's timers alone would let the process end before the deadline is told.
    const alive = setInterval(() => {}, 60_000);
    try {
      await this.#turn(operation);
    } finally {
      clearInterval(alive);
    }
  }

  #turn(operation: Operation): Promise<void> {
    return new Promise((resolve, reject) => {
      const grant = (): void => {
        stop();
        resolve();
      };
      const stop = onCut(operation, this.#clock, "waiting for the writer", (reason) => {
        this.#waiting.delete(grant);
        reject(reason);
      });
      this.#waiting.add(grant);
    });
  }

  /** Hands the lock to who waits longest. Called by its holder, once. */
  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#held = false;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
