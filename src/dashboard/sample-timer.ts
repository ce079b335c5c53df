import type { Clock, TimerHandle } from "../clock.ts";
import { thrownText } from "../thrown-text.ts";

/** The calendar may leave the clock behind by so much (a suspended machine's does) before it is asked again. */
const maxLagMs = 2_000;

/**
 * Calls for a sample at even times. One that comes late doesn't move those after it; what a blocked process missed is
 * left out, not made up for.
 */
export class SampleTimer {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #refresh: (() => Promise<void>) | undefined;
  readonly #sample: (time: number) => void;
  #handle: TimerHandle;
  #nextMs: number;
  /** The calendar's time when the clock was at 0. */
  #originMs: number;
  #lastTime = 0;
  #isClosed = false;
  #failed = 0;

  /** @param sample is given ms since 1970, later each time */
  constructor(
    clock: Clock,
    intervalMs: number,
    refresh: (() => Promise<void>) | undefined,
    sample: (time: number) => void,
  ) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#refresh = refresh;
    this.#sample = sample;
    this.#nextMs = clock.now();
    this.#originMs = Date.now() - clock.now();
    this.#handle = clock.setTimeout(() => void this.#run(), 0);
  }

  /** Samples that failed. */
  get failed(): number {
    return this.#failed;
  }

  close(): void {
    this.#isClosed = true;
    this.#clock.clearTimeout(this.#handle);
  }

  async #run(): Promise<void> {
    try {
      await this.#refresh?.();
      if (this.#isClosed) return;
      this.#sample(this.#time());
    } catch (error) {
      if (this.#failed++ === 0)
        process.emitWarning(`dashboard: a sample failed and is left out: ${thrownText(error)}`, {
          code: "VICTOR_DASHBOARD_SAMPLE",
        });
    }
    if (this.#isClosed) return;
    const now = this.#clock.now();
    const passed = Math.floor((now - this.#nextMs) / this.#intervalMs) + 1;
    this.#nextMs += Math.max(1, passed) * this.#intervalMs;
    this.#handle = this.#clock.setTimeout(() => void this.#run(), this.#nextMs - now);
  }

  #time(): number {
    const ms = this.#clock.now();
    const wall = Date.now();
    if (wall - ms - this.#originMs > maxLagMs) this.#originMs = wall - ms;
    this.#lastTime = Math.max(this.#lastTime + 1, Math.round(this.#originMs + ms));
    return this.#lastTime;
  }
}
