import type { Clock, TimerHandle } from "../../clock.ts";

/** A call that may become late. @internal */
export interface Hedgeable {
  readonly startedMs: number;
  previous: Hedgeable | undefined;
  next: Hedgeable | undefined;
  isQueued: boolean;
  /** It is late. */
  onLate(): void;
}

/**
 * Calls of one origin in the order in which they began, which is that in which they become late: one timer serves all of them, and
 * one that is answered in time costs no timer at all.
 * @internal
 */
export class HedgeQueue {
  readonly #clock: Clock;
  readonly #delayMs: () => number;
  #first: Hedgeable | undefined;
  #last: Hedgeable | undefined;
  #timer: TimerHandle;

  constructor(clock: Clock, delayMs: () => number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  add(call: Hedgeable): void {
    call.isQueued = true;
    call.previous = this.#last;
    if (this.#last === undefined) this.#first = call;
    else this.#last.next = call;
    this.#last = call;
    if (this.#timer === undefined) this.#arm(this.#delayMs());
  }

  /** Takes it out, if it is in. */
  remove(call: Hedgeable): void {
    if (!call.isQueued) return;
    call.isQueued = false;
    const { previous, next } = call;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    call.previous = undefined;
    call.next = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(() => this.#onTime(), delayMs);
  }

  #onTime(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (let call = this.#first; call !== undefined; call = this.#first) {
      const leftMs = call.startedMs + this.#delayMs() - now;
      if (leftMs > 0) {
        this.#arm(leftMs);
        return;
      }
      this.remove(call);
      call.onLate();
    }
  }
}
