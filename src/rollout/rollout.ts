import type { Clock, TimerHandle } from "../clock.ts";
import { ClosedError, RolloutStoppedError } from "../errors.ts";
import { seededRandom } from "../measure/random.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { oneOf, reject, rejectType } from "../options.ts";
import { thrownText } from "../thrown-text.ts";
import type { RolloutArm } from "./arm.ts";
import type { RolloutSample } from "./guardrail.ts";
import { Optimization, type OptimizationEvent } from "./optimization.ts";
import { type RolloutCall, unwatchedCall } from "./rollout-call.ts";
import { eventText, type RolloutEvent, resumeAdvice } from "./rollout-event.ts";
import {
  checkedShare,
  type ResolvedRollout,
  type RolloutOptions,
  resolveRolloutOptions,
} from "./rollout-options.ts";
import { rolloutSamples } from "./rollout-samples.ts";
import type { OptimizationStatus } from "./rollout-status.ts";
import type { RolloutKey } from "./share-switch.ts";
import { VariantCalls, type Variants } from "./variant-calls.ts";

interface Entry {
  readonly optimization: Optimization;
  readonly calls: VariantCalls;
}

/** A gap between looks longer than so many intervals, as of a process that was suspended, counts as one interval. */
const longestGap = 3;
/** Wrong ids that are told of. */
const mostToldIds = 20;

/**
 * Brings optimizations to a share of the traffic, step by step, and off again when they do harm. While an optimization is on
 * for some calls and off for others, both are compared at the same time; a guardrail that is violated rolls it back, and it
 * stays off until somebody calls `resume`.
 *
 * The evidence is always-valid: it is judged after every few calls, and yet an optimization without harm is ever rolled
 * back with a probability of at most `alpha`. That holds for calls that fall to their arm independently: without a key, or
 * with many keys of which none has much of the traffic.
 *
 * At a share of 100 % there is nothing to compare with: only staleness and the user's own guardrails go on.
 * ```ts
 * using rollout = new Rollout({ optimizations: { "query-cache": {} } });
 * const rows = await rollout.run("query-cache", userId, {
 *   on: () => db.executeQuery(sql, [userId]),
 *   off: () => db.executeQuery(sql, [userId], { useCache: false }),
 * });
 * ```
 * Begins at once. Keeps no process alive.
 */
export class Rollout<Id extends string = string> implements MetricSource, Disposable {
  readonly name = "rollout";
  readonly #options: ResolvedRollout;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** The id that `isOn` had last, which most often is the next one, too. */
  #askedId: string | undefined;
  #asked: Entry | undefined;
  #timer: TimerHandle | undefined;
  #lookedMs: number;
  #isClosed = false;
  #unknown = 0;
  #callbackErrors = 0;
  readonly #toldIds = new Set<unknown>();
  readonly #adviceOf: (id: string) => string;

  /**
   * @param adviceOf for this package's own use: the sentence at the end of a line of what is switched off
   * @throws {TypeError | RangeError} naming the option, what was expected and what came
   */
  constructor(options: RolloutOptions<Id>, adviceOf: (id: string) => string = resumeAdvice) {
    this.#adviceOf = adviceOf;
    this.#options = resolveRolloutOptions(options);
    const { optimizations, randomSeed, clock } = this.#options;
    this.#clock = clock;
    const random = seededRandom(randomSeed);
    for (const [id, each] of optimizations) {
      const tell = (event: OptimizationEvent): void => {
        this.#tell({ ...event, id, share: optimization.share, atUnixMs: Date.now() });
      };
      const optimization = new Optimization(id, each, this.#options, random, tell);
      this.#entries.set(id, { optimization, calls: new VariantCalls(optimization, clock) });
    }
    this.#lookedMs = clock.now();
    this.#arm();
  }

  /** The optimizations, in the order of the options. */
  get ids(): readonly Id[] {
    return [...this.#entries.keys()] as Id[];
  }

  /**
   * Whether the optimization is on for this key. Never throws: a key that can't be used is off, and counted;
   * so is an id that there is not, which is also told of once, by `log` or a warning.
   * @param key such as a user's id; the same key gives the same answer while the share isn't lowered. Without it, chance
   * decides anew each time.
   */
  isOn(id: Id, key?: RolloutKey): boolean {
    if (id !== this.#askedId) {
      this.#askedId = id;
      this.#asked = this.#entries.get(id);
    }
    const entry = this.#asked;
    if (entry === undefined) {
      this.#noteUnknown(id);
      return false;
    }
    try {
      return entry.optimization.switch.decide(key);
    } catch {
      entry.optimization.counts.errors++;
      return false;
    }
  }

  /**
   * Runs one of the variants, and takes its latency and whether it failed into account. A promise is waited for on the side.
   * @returns what the variant gives; what it throws is thrown. Of an id that there is not, what `off` gives; that is told of
   * as `isOn` does
   * @throws {TypeError} when a variant is no function
   */
  run<On, Off = On>(id: Id, key: RolloutKey | undefined, variants: Variants<On, Off>): On | Off {
    if (typeof variants?.on !== "function" || typeof variants.off !== "function")
      rejectType("variants", "functions on and off", variants);
    const entry = this.#entries.get(id);
    if (entry !== undefined && !this.#isClosed) return entry.calls.run(key, variants);
    this.#noteUnknown(id);
    return variants.off();
  }

  /**
   * Begins a call that isn't one function: the variant is to be taken that its `arm` says, and its latency is the time until
   * one of its ends is called. One that is not ended within `hungAfterMs` has failed. Never throws; an id or a key that
   * can't be used gives a call of the control that nobody watches.
   */
  begin(id: Id, key?: RolloutKey): RolloutCall {
    const entry = this.#entries.get(id);
    if (entry !== undefined && !this.#isClosed) return entry.calls.begin(key);
    this.#noteUnknown(id);
    return unwatchedCall;
  }

  /**
   * Takes a call into account that was measured elsewhere, such as in a client. Never throws for what the sample holds.
   * @param arm what `isOn` has said
   * @throws {RangeError} on an unknown id or arm
   */
  record(id: Id, arm: RolloutArm, sample: RolloutSample): void {
    const { calls } = this.#known(id);
    oneOf("arm", arm, ["on", "off"]);
    if (!this.#isClosed) calls.record(arm, sample);
  }

  /**
   * Sets a share by hand, and ends the ramp; guardrails go on.
   * @param percent 0 to 100
   * @throws {RolloutStoppedError} when it is off and not resumed, unless the share is 0
   * @throws {RangeError} on an unknown id or another share; {@link ClosedError} once closed
   */
  setShare(id: Id, percent: number): void {
    const { optimization } = this.#open(id);
    const share = checkedShare("percent", percent);
    if (optimization.isOff && share > 0) throw new RolloutStoppedError(id, optimization.reason);
    optimization.setShare(share);
  }

  /** Switches one off, until `resume`. @throws as `setShare` */
  stop(id: Id, reason = "stopped by hand"): void {
    this.#open(id).optimization.stop(String(reason));
  }

  /**
   * Begins anew with one that was stopped or rolled back: at its first share, with evidence that knows nothing of before.
   * Each time, `alpha` is at stake again. Does nothing with others. @throws as `setShare`
   */
  resume(id: Id): void {
    this.#open(id).optimization.resume();
  }

  /** Switches all off at once, until `revive`; shares and states stay as they are. @throws {ClosedError} */
  kill(reason?: string): void {
    // Whatever it is, it must keep nothing from being switched off.
    const text = reason === undefined ? undefined : thrownText(reason);
    for (const id of this.ids) this.#open(id).optimization.hold(true, text);
  }

  /** Ends `kill`. @throws {ClosedError} */
  revive(): void {
    for (const id of this.ids) this.#open(id).optimization.hold(false, undefined);
  }

  /** @throws {RangeError} on an unknown id */
  status(id: Id): OptimizationStatus {
    return this.#known(id).optimization.status();
  }

  /** Looks now, beside the looks by time. */
  look(): void {
    if (this.#isClosed) return;
    const { checkMs } = this.#options;
    const nowMs = this.#clock.now();
    const sinceMs = nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    const wasRunning = sinceMs >= 0 && sinceMs <= longestGap * checkMs;
    for (const { optimization, calls } of this.#entries.values()) {
      // After a gap, calls that were under way have only slept.
      if (wasRunning) calls.expire(nowMs);
      try {
        optimization.tick(wasRunning ? sinceMs : Math.min(checkMs, Math.max(0, sinceMs)));
      } catch {
        optimization.counts.errors++;
      }
    }
  }

  stats(): { readonly unknown: number; readonly callbackErrors: number } {
    return { unknown: this.#unknown, callbackErrors: this.#callbackErrors };
  }

  *collect(): Iterable<MetricSample> {
    for (const { optimization } of this.#entries.values()) yield* rolloutSamples(optimization);
    const labels = {};
    yield {
      type: "counter",
      name: "victor.rollout.unknown",
      help: "Calls for an id that there is not, or after the end",
      unit: "{call}",
      labels,
      value: this.#unknown,
    };
    yield {
      type: "counter",
      name: "victor.rollout.callback_errors",
      help: "Events whose listener threw",
      unit: "{event}",
      labels,
      value: this.#callbackErrors,
    };
  }

  /** Switches all off, and ends the looks. Status and metrics can still be read. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#clock.clearTimeout(this.#timer);
    for (const { optimization } of this.#entries.values()) optimization.switch.isHeld = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #noteUnknown(id: unknown): void {
    this.#unknown++;
    if (this.#isClosed || this.#toldIds.has(id) || this.#toldIds.size >= mostToldIds) return;
    this.#toldIds.add(id);
    const shown = typeof id === "string" ? JSON.stringify(id) : `of type ${typeof id}`;
    const line = `rollout has no optimization ${shown}, so that stays off; there are ${this.ids.join(", ")}`;
    this.#safely(() => this.#say(line, "VICTOR_ROLLOUT_UNKNOWN"));
  }

  #known(id: string): Entry {
    return this.#entries.get(id) ?? reject("id", `one of ${this.ids.join(", ")}`, id);
  }

  #open(id: Id): Entry {
    if (this.#isClosed) throw new ClosedError("Rollout");
    return this.#known(id);
  }

  #arm(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.look();
      if (!this.#isClosed) this.#arm();
    }, this.#options.checkMs);
  }

  #tell(event: RolloutEvent): void {
    const { onEvent, log } = this.#options;
    const told = Object.freeze(event);
    if (log !== undefined || event.kind === "rolled-back")
      this.#safely(() => this.#say(eventText(told, this.#adviceOf), "VICTOR_ROLLOUT"));
    this.#safely(() => onEvent?.(told));
  }

  #safely(tell: () => unknown): void {
    const failed = (): void => void this.#callbackErrors++;
    try {
      const told = tell();
      // A rejection nobody handles would end the process.
      if (told instanceof Promise) told.catch(failed);
    } catch {
      failed();
    }
  }

  /** @param code of the warning, where no log is set */
  #say(line: string, code: string): unknown {
    const { log } = this.#options;
    if (log !== undefined) return log(line);
    return process.emitWarning(line, { type: "RolloutWarning", code });
  }
}
