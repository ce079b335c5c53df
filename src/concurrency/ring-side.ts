import type { Clock } from "../clock.ts";
import { DeadlineError, RingStalledError } from "../errors.ts";
import type { RingCore } from "./ring-core.ts";
import type { RingEvent } from "./ring-event.ts";
import type { ResolvedRingWait } from "./ring-options.ts";
import { type RingWaiter, RingWaiters } from "./ring-waiters.ts";

/** How one member waits on one side of a ring: for room, or for records. */
export class RingSide {
  readonly waiters: RingWaiters;
  /** How often somebody had to wait. */
  waits = 0;
  readonly #event: RingEvent;
  readonly #core: RingCore<unknown>;
  readonly #clock: Clock;
  readonly #waitsFor: "producer" | "consumer";

  constructor(core: RingCore<unknown>, waitsFor: "producer" | "consumer", clock: Clock) {
    this.#event = waitsFor === "producer" ? core.data : core.space;
    this.#core = core;
    this.#waitsFor = waitsFor;
    this.#clock = clock;
    this.waiters = new RingWaiters(this.#event);
  }

  /** May a new attempt be made, since nobody of this member waits before it? */
  get free(): boolean {
    return this.waiters.size === 0 || this.waiters.flush();
  }

  /** Blocks the thread until `attempt` is true; what it throws is passed on. @throws {DeadlineError | RingStalledError} */
  block(step: string, attempt: () => boolean, timeoutMs: number): void {
    this.waits++;
    const deadline = this.#deadline(timeoutMs);
    if (!this.#event.block(attempt, () => this.#left(deadline))) throw this.#tooLate(step, timeoutMs);
  }

  /** Waits, behind those of this member who wait already, until `attempt` is true; what it throws is passed on. */
  wait(step: string, attempt: () => boolean, { timeoutMs, signal }: ResolvedRingWait): Promise<void> {
    this.waits++;
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        this.#clock.clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter: RingWaiter = {
        attempt: () => {
          try {
            if (!attempt()) return false;
            resolve();
          } catch (error) {
            reject(error);
          }
          finish();
          return true;
        },
      };
      const leave = (reason: unknown): void => {
        finish();
        this.waiters.delete(waiter);
        reject(reason);
      };
      const onAbort = (): void => leave(signal?.reason);
      const timer =
        timeoutMs === Number.POSITIVE_INFINITY
          ? undefined
          : this.#clock.setTimeout(() => leave(this.#tooLate(step, timeoutMs)), timeoutMs);
      signal?.addEventListener("abort", onAbort);
      this.waiters.add(waiter);
    });
  }

  #deadline(timeoutMs: number): number {
    return timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : this.#clock.now() + timeoutMs;
  }

  #left(deadline: number): number {
    return deadline === Number.POSITIVE_INFINITY ? deadline : deadline - this.#clock.now();
  }

  #tooLate(step: string, timeoutMs: number): Error {
    return this.#core.held(this.#waitsFor)
      ? new RingStalledError(this.#waitsFor, timeoutMs)
      : new DeadlineError(step, timeoutMs);
  }
}
