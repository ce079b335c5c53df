import type { Clock, TimerHandle } from "../../src/clock.ts";
import type { VirtualScheduler } from "./virtual-scheduler.ts";

/** Time that goes on by so much with each event of a scheduler; a timer fires when the adversary thinks of it, after its time. */
export class VirtualClock implements Clock {
  readonly #scheduler: VirtualScheduler;
  readonly #msPerEvent: number;

  constructor(scheduler: VirtualScheduler, msPerEvent: number) {
    this.#scheduler = scheduler;
    this.#msPerEvent = msPerEvent;
  }

  now(): number {
    return this.#scheduler.now * this.#msPerEvent;
  }

  setTimeout(fn: () => void, delayMs: number): TimerHandle {
    const timer = { isSet: true };
    const due = this.now() + delayMs;
    const tick = async (): Promise<void> => {
      do await this.#scheduler.step();
      while (timer.isSet && this.now() < due);
      if (timer.isSet) fn();
    };
    void tick();
    return timer;
  }

  clearTimeout(handle: TimerHandle): void {
    if (handle !== undefined) (handle as { isSet: boolean }).isSet = false;
  }
}
