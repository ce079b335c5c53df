import { isThenable } from "../algorithms/thenable.ts";
import type { Clock } from "../clock.ts";
import type { RolloutArm } from "./arm.ts";
import type { RolloutSample } from "./guardrail.ts";
import { KeyWindow } from "./key-window.ts";
import type { Optimization } from "./optimization.ts";
import type { RolloutKey } from "./share-switch.ts";

/** Both ways of doing the same thing. */
export interface Variants<On, Off = On> {
  /** With the optimization. */
  readonly on: () => On;
  /** Without. */
  readonly off: () => Off;
}

interface Call {
  readonly arm: RolloutArm;
  readonly generation: number;
  readonly isCounted: boolean;
  readonly startedMs: number;
}

/**
 * Runs one variant or the other, and tells the optimization what became of it. Whatever goes wrong in here, the caller gets
 * what a variant gave: of a call that can't be begun, the control's.
 */
export class VariantCalls {
  readonly #optimization: Optimization;
  readonly #clock: Clock;
  readonly #window: KeyWindow;
  /** Asynchronous calls under way, oldest first. */
  readonly #running = new Set<Call>();

  constructor(optimization: Optimization, clock: Clock) {
    this.#optimization = optimization;
    this.#clock = clock;
    this.#window = new KeyWindow(optimization.options.perKeyMs);
  }

  run<On, Off>(key: RolloutKey | undefined, { on, off }: Variants<On, Off>): On | Off {
    const call = this.#begin(key);
    if (call === undefined) return off();
    let result: On | Off;
    try {
      result = call.arm === "on" ? on() : off();
    } catch (error) {
      this.#failed(call, error);
      throw error;
    }
    if (result instanceof Promise) {
      this.#running.add(call);
      // What is given on is the promise derived, so that a rejection nobody handles is still noticed.
      return result.then(
        (value: unknown) => {
          if (this.#running.delete(call)) this.#end(call, false);
          return value;
        },
        (error: unknown) => {
          if (this.#running.delete(call)) this.#failed(call, error);
          throw error;
        },
      ) as On | Off;
    }
    // To ask a lazy thenable, such as a query builder, would be to run it.
    if (isThenable(result)) this.#optimization.counts.unmeasured++;
    else this.#end(call, false);
    return result;
  }

  /** Gives up on calls that run too long: the worst variant is one of which nothing is heard any more. */
  expire(nowMs: number): void {
    const { hungAfterMs } = this.#optimization.options;
    for (const call of this.#running) {
      if (nowMs - call.startedMs < hungAfterMs) return;
      this.#running.delete(call);
      this.#optimization.counts.hung++;
      this.#observe(call, { failed: true });
    }
  }

  #begin(key: RolloutKey | undefined): Call | undefined {
    const optimization = this.#optimization;
    try {
      const isOn = optimization.switch.decide(key);
      const startedMs = this.#clock.now();
      return {
        arm: isOn ? "on" : "off",
        generation: optimization.generation,
        isCounted: key === undefined || this.#window.admit(optimization.switch.identify(key), startedMs),
        startedMs,
      };
    } catch {
      optimization.counts.errors++;
      return undefined;
    }
  }

  #failed(call: Call, error: unknown): void {
    let failed = true;
    try {
      failed = this.#optimization.options.isFailure(error) !== false;
    } catch {
      this.#optimization.counts.errors++;
    }
    this.#end(call, failed);
  }

  #end(call: Call, failed: boolean): void {
    let latencyMs: number;
    try {
      latencyMs = this.#clock.now() - call.startedMs;
    } catch {
      latencyMs = Number.NaN;
    }
    this.#observe(call, { latencyMs, failed });
  }

  #observe({ arm, generation, isCounted }: Call, sample: RolloutSample): void {
    try {
      this.#optimization.observe(arm, sample, generation, isCounted);
    } catch {
      this.#optimization.counts.errors++;
    }
  }
}
