import { isThenable } from "../algorithms/thenable.ts";
import type { Clock } from "../clock.ts";
import type { RolloutArm } from "./arm.ts";
import type { RolloutSample } from "./guardrail.ts";
import { KeyWindow } from "./key-window.ts";
import type { Optimization } from "./optimization.ts";
import { type RolloutCall, unwatchedCall } from "./rollout-call.ts";
import type { RolloutKey } from "./share-switch.ts";

/** Both ways of doing the same thing. */
export interface Variants<On, Off = On> {
  /** With the optimization. */
  readonly on: () => On;
  /** Without. */
  readonly off: () => Off;
}

type Values = RolloutSample["values"];

/**
 * Runs one variant or the other, and tells the optimization what became of it. Whatever goes wrong in here, the caller gets
 * what a variant gave: of a call that can't be begun, the control's.
 */
export class VariantCalls {
  readonly #optimization: Optimization;
  readonly #clock: Clock;
  readonly #window: KeyWindow;
  /** Calls under way that don't end by themselves, oldest first. */
  readonly #running = new Set<OpenCall>();

  constructor(optimization: Optimization, clock: Clock) {
    this.#optimization = optimization;
    this.#clock = clock;
    this.#window = new KeyWindow(optimization.options.perKeyMs);
  }

  run<On, Off>(key: RolloutKey | undefined, { on, off }: Variants<On, Off>): On | Off {
    const call = this.#open(key);
    if (call === undefined) return off();
    let result: On | Off;
    try {
      result = call.arm === "on" ? on() : off();
    } catch (error) {
      call.fail(error);
      throw error;
    }
    if (result instanceof Promise) {
      this.#running.add(call);
      // What is given on is the promise derived, so that a rejection nobody handles is still noticed.
      return result.then(
        (value: unknown) => {
          call.succeed();
          return value;
        },
        (error: unknown) => {
          call.fail(error);
          throw error;
        },
      ) as On | Off;
    }
    // To ask a lazy thenable, such as a query builder, would be to run it.
    if (isThenable(result)) this.#optimization.counts.unmeasured++;
    else call.succeed();
    return result;
  }

  begin(key: RolloutKey | undefined): RolloutCall {
    const call = this.#open(key);
    if (call === undefined) return unwatchedCall;
    this.#running.add(call);
    return call;
  }

  /** Gives up on calls that run too long: the worst variant is one of which nothing is heard any more. */
  expire(nowMs: number): void {
    const { hungAfterMs } = this.#optimization.options;
    for (const call of this.#running) {
      if (nowMs - call.startedMs < hungAfterMs) return;
      this.#running.delete(call);
      call.isOver = true;
      this.#optimization.counts.hung++;
      this.#observe(call, { failed: true });
    }
  }

  /** Takes a call that was measured elsewhere; whatever its sample holds, it doesn't throw. */
  record(arm: RolloutArm, sample: RolloutSample): void {
    const optimization = this.#optimization;
    try {
      const { key } = sample;
      const hash = key === undefined ? undefined : optimization.switch.identify(key);
      const isCounted = hash === undefined || this.#window.admit(hash, this.#clock.now());
      optimization.observe(arm, sample, optimization.generation, isCounted, hash);
    } catch {
      optimization.counts.errors++;
    }
  }

  /** @param call that has ended just now */
  ended(call: OpenCall, failed: boolean, values: Values): void {
    this.#running.delete(call);
    let latencyMs: number;
    try {
      latencyMs = this.#clock.now() - call.startedMs;
    } catch {
      latencyMs = Number.NaN;
    }
    this.#observe(call, { latencyMs, failed, values });
  }

  discarded(call: OpenCall): void {
    this.#running.delete(call);
  }

  isFailure(error: unknown): boolean {
    try {
      return this.#optimization.options.isFailure(error) !== false;
    } catch {
      this.#optimization.counts.errors++;
      return true;
    }
  }

  #open(key: RolloutKey | undefined): OpenCall | undefined {
    const optimization = this.#optimization;
    try {
      const isOn = optimization.switch.decide(key);
      const startedMs = this.#clock.now();
      const hash = key === undefined ? undefined : optimization.switch.identify(key);
      const isCounted = hash === undefined || this.#window.admit(hash, startedMs);
      return new OpenCall(this, isOn ? "on" : "off", optimization.generation, isCounted, hash, startedMs);
    } catch {
      optimization.counts.errors++;
      return undefined;
    }
  }

  #observe({ arm, generation, isCounted, key }: OpenCall, sample: RolloutSample): void {
    try {
      this.#optimization.observe(arm, sample, generation, isCounted, key);
    } catch {
      this.#optimization.counts.errors++;
    }
  }
}

class OpenCall implements RolloutCall {
  readonly arm: RolloutArm;
  readonly generation: number;
  readonly isCounted: boolean;
  /** A hash of it. */
  readonly key: number | undefined;
  readonly startedMs: number;
  isOver = false;
  readonly #calls: VariantCalls;

  constructor(
    calls: VariantCalls,
    arm: RolloutArm,
    generation: number,
    isCounted: boolean,
    key: number | undefined,
    startedMs: number,
  ) {
    this.#calls = calls;
    this.arm = arm;
    this.generation = generation;
    this.isCounted = isCounted;
    this.key = key;
    this.startedMs = startedMs;
  }

  succeed(values?: Values): void {
    if (this.#end()) this.#calls.ended(this, false, values);
  }

  fail(error?: unknown, values?: Values): void {
    if (!this.#end()) return;
    this.#calls.ended(this, error === undefined || this.#calls.isFailure(error), values);
  }

  discard(): void {
    if (this.#end()) this.#calls.discarded(this);
  }

  /** @returns whether this is its first end */
  #end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    return true;
  }
}
