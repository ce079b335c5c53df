import { type Clock, systemClock } from "../clock.ts";

/** Calls answered from memory between two looks at the clock. */
const skipped = 31;

/** Looks in quick succession after which calls are answered from memory. */
const quickLooks = 64;

/** Looks less than this apart, in milliseconds, are in quick succession. */
const quickMs = 0.001;

/**
 * Time for those who ask for it all the while, late by at most 32 calls of one synchronous run of code; from a clock that
 * isn't the system's, never late. A look at the system's clock costs two to three look-ups in a cache: in a tight loop,
 * after 64 calls in quick succession, there is one in 32 calls, else one at every call. The first look that shows the
 * loop to be slow is followed by a look at every call again, and a reading is forgotten when the synchronous run ends
 * (what was queued before as a microtask may still see it).
 */
export class CoarseTime {
  readonly #clock: Clock;
  readonly #isSystem: boolean;
  #now: number;
  #left = 0;
  #quick = 0;
  readonly #forget = (): void => {
    this.#left = 0;
    this.#quick = 0;
  };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#isSystem = clock === systemClock;
    this.#now = clock.now();
  }

  /** @returns milliseconds of the clock, never decreasing */
  now(): number {
    if (this.#left > 0) {
      this.#left--;
      return this.#now;
    }
    return this.#look();
  }

  /** Makes the next `now` look at the clock. */
  expire(): void {
    this.#left = 0;
  }

  #look(): number {
    const now = this.#clock.now();
    if (this.#isSystem) {
      const quick = now - this.#now < quickMs * (this.#quick >= quickLooks ? skipped + 1 : 1);
      if (!quick) this.#quick = 0;
      else if (++this.#quick >= quickLooks) {
        if (this.#quick === quickLooks) queueMicrotask(this.#forget);
        this.#left = skipped;
      }
    }
    this.#now = now;
    return now;
  }
}
