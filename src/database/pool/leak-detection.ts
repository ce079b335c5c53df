import type { Clock, TimerHandle } from "../../clock.ts";
import type { Slot } from "./pool-lease.ts";
import type { LeakReport } from "./pool-options.ts";

/**
 * Reports leases that are held for too long, each once, with the stack that asked for them.
 * One timer for all; it runs only while something is out.
 */
export class LeakDetector<C> {
  readonly #pool: string;
  readonly #thresholdMs: number;
  readonly #onLeak: (leak: LeakReport) => void;
  readonly #slots: Iterable<Slot<C>>;
  readonly #clock: Clock;
  #timer: TimerHandle;
  /** Leases reported so far. */
  count = 0;

  constructor(
    pool: string,
    options: { leakThresholdMs: number; onLeak: (leak: LeakReport) => void },
    slots: Iterable<Slot<C>>,
    clock: Clock,
  ) {
    this.#pool = pool;
    this.#thresholdMs = options.leakThresholdMs;
    this.#onLeak = options.onLeak;
    this.#slots = slots;
    this.#clock = clock;
  }

  get enabled(): boolean {
    return this.#thresholdMs > 0 && this.#thresholdMs !== Number.POSITIVE_INFINITY;
  }

  /** The caller's stack, from above `entry` on; it is put into words only when a report needs it. */
  trace(entry: (...args: never[]) => unknown): Error | undefined {
    if (!this.enabled) return undefined;
    const trace = new Error("acquired");
    Error.captureStackTrace(trace, entry);
    return trace;
  }

  /** A lease has begun. */
  watch(slot: Slot<C>, trace: Error | undefined): void {
    if (trace === undefined) return;
    slot.trace = trace;
    slot.leakReported = false;
    this.#timer ??= this.#clock.setTimeout(this.#scan, this.#thresholdMs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #scan = (): void => {
    const now = this.#clock.now();
    const leaks: LeakReport[] = [];
    let nextInMs = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots) {
      if (slot.lease === undefined || slot.leakReported) continue;
      const heldMs = now - slot.usedSince;
      if (heldMs < this.#thresholdMs) nextInMs = Math.min(nextInMs, this.#thresholdMs - heldMs);
      else {
        slot.leakReported = true;
        leaks.push({ pool: this.#pool, heldMs, sql: slot.sql, stack: frames(slot.trace) });
      }
    }
    this.count += leaks.length;
    this.#timer =
      nextInMs === Number.POSITIVE_INFINITY ? undefined : this.#clock.setTimeout(this.#scan, nextInMs);
    for (const leak of leaks) this.#onLeak(leak);
  };
}

/** A stack without its headline. */
function frames(trace: Error | undefined): string {
  const stack = trace?.stack ?? "";
  return stack.slice(stack.indexOf("\n") + 1);
}
