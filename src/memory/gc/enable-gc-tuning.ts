import type { ResourceLimits } from "node:worker_threads";
import type { TimerHandle } from "../../clock.ts";
import { GcTuningActiveError } from "../../errors.ts";
import { durationMs, finite, oneOf, optionsObject, reject, rejectType } from "../../options.ts";
import { decisionOptions, type GcAdviceOptions, gcAdviceKeys } from "./advise-gc.ts";
import { decideGc, type GcDecisionOptions } from "./decide-gc.ts";
import type { GcAdvice } from "./gc-advice.ts";
import { type GcGround, thisThread } from "./gc-ground.ts";
import type { GcObservation } from "./gc-observation.ts";
import { GcWatch } from "./gc-watch.ts";
import { IdleCollector } from "./idle-collector.ts";
import { type ReExecGround, type ReExecOutcome, reExec, thisProcess } from "./re-exec.ts";
import { favourSize, processFlags, setWorkerLimits, type V8Flags } from "./v8-flags.ts";

/**
 * - `advise`: watches and tells; changes no limit.
 * - `workers`: as soon as there is an advice, workers that are created later get it, by flags of the process, which are stronger
 *   than limits of their own. Room was reckoned for one thread.
 * - `re-exec`: starts this program anew, once, with an advice of an earlier run.
 */
export type GcTuningApply = "advise" | "workers" | "re-exec";

export interface GcTuningOptions extends GcAdviceOptions {
  /**
   * Saves memory instead of time. At once, in the whole process, V8 favours size (`--optimize-for-size`), and when the event loop
   * has been idle for `idleMs`, all is collected and given back. The advice is a smaller semi-space. @default false
   */
  readonly aggressive?: boolean | undefined;
  /** @default "advise" */
  readonly apply?: GcTuningApply | undefined;
  /** Of an earlier run. `workers` uses it at once, `re-exec` needs it. @default none */
  readonly advice?: GcAdvice | undefined;
  /** How often `workers` asks for an advice, milliseconds, ≥ 100. @default 5000 */
  readonly reviewMs?: number | undefined;
  /** Idle stretch before all is collected, milliseconds, ≥ 100. Only with `aggressive`. @default 5000 */
  readonly idleMs?: number | undefined;
}

export const gcTuningDefaults = Object.freeze({ apply: "advise", reviewMs: 5000, idleMs: 5000 });

const choices = ["advise", "workers", "re-exec"] as const;

/** What tuning stands on; another in tests. */
export interface GcTuningGround {
  readonly thread: GcGround;
  readonly v8: V8Flags;
  readonly process: ReExecGround;
}

const here: GcTuningGround = { thread: thisThread, v8: processFlags, process: thisProcess };

/** Of this thread. */
let isActive = false;

/**
 * Watches the collector of this thread and makes something of it, until `undo()`.
 * V8 sizes the young generation of a thread when it is created, so nothing but a new thread or process can have another.
 * @throws {GcTuningActiveError} when it is enabled in this thread already: two would put back each other's flags
 * @throws {TypeError | RangeError} on an option that is unknown or out of its bounds
 */
export function enableGcTuning(options: GcTuningOptions = {}, ground: GcTuningGround = here): GcTuning {
  const decision = decisionOptions("enableGcTuning", options, [
    ...gcAdviceKeys,
    "apply",
    "advice",
    "reviewMs",
    "idleMs",
  ]);
  const { apply = gcTuningDefaults.apply, advice } = options;
  const { reviewMs = gcTuningDefaults.reviewMs, idleMs = gcTuningDefaults.idleMs } = options;
  oneOf("apply", apply, choices);
  finite("reviewMs", durationMs("reviewMs", reviewMs, 100), 100);
  finite("idleMs", durationMs("idleMs", idleMs, 100), 100);
  if (advice !== undefined) checkAdvice(advice);
  if (apply === "re-exec" && advice === undefined)
    rejectType("advice", "the advice of an earlier run", advice);
  if (isActive) throw new GcTuningActiveError();
  const outcome = apply === "re-exec" ? reExec(advice?.flags ?? [], ground.process) : undefined;
  const tuning = new GcTuning(
    { apply: apply as GcTuningApply, advice, reviewMs, idleMs },
    decision,
    outcome,
    ground,
  );
  isActive = true;
  return tuning;
}

interface Settings {
  readonly apply: GcTuningApply;
  readonly advice: GcAdvice | undefined;
  readonly reviewMs: number;
  readonly idleMs: number;
}

/** GC tuning while it is on. Made by `enableGcTuning`. */
export class GcTuning implements Disposable {
  /** What became of the wish to start anew; `undefined` where there was none. */
  readonly reExec: ReExecOutcome | undefined;
  readonly #watch: GcWatch;
  readonly #decision: GcDecisionOptions;
  readonly #settings: Settings;
  readonly #ground: GcTuningGround;
  readonly #undoSize: (() => void) | undefined;
  readonly #idle: IdleCollector | undefined;
  #undoWorkers: (() => void) | undefined;
  #applied: GcAdvice | undefined;
  #review: TimerHandle | undefined;
  #final: GcObservation | undefined;

  constructor(
    settings: Settings,
    decision: GcDecisionOptions,
    outcome: ReExecOutcome | undefined,
    ground: GcTuningGround,
  ) {
    this.reExec = outcome;
    this.#settings = settings;
    this.#decision = decision;
    this.#ground = ground;
    this.#watch = new GcWatch(ground.thread);
    if (decision.aggressive) {
      this.#undoSize = favourSize(ground.v8);
      this.#idle = new IdleCollector(ground.thread, settings.idleMs, () => ground.v8.collectAll());
    }
    if (settings.apply !== "workers") return;
    if (settings.advice === undefined) this.#arm();
    else this.#applyToWorkers(settings.advice);
  }

  /** What should be done by what was seen until now, or until `undo()`. */
  advice(): GcAdvice {
    return decideGc(this.observation(), this.#decision);
  }

  /** What was seen until now, or until `undo()`. */
  observation(): GcObservation {
    return this.#final ?? this.#watch.snapshot();
  }

  /**
   * For `new Worker(file, tuning.workerOptions())`: limits of the advice that is in use, else of the present one; empty where
   * nothing should change. This thread's advice suits workers that do the same kind of work.
   */
  workerOptions(): { readonly resourceLimits: Readonly<ResourceLimits> } {
    const advice = this.#applied ?? this.#settings.advice ?? this.advice();
    return { resourceLimits: advice.resourceLimits };
  }

  stats(): { readonly observation: GcObservation; readonly idleCollections: number } {
    return { observation: this.observation(), idleCollections: this.#idle?.collections ?? 0 };
  }

  /** Stops watching and puts all flags back. Workers and a process that were started with them keep them. */
  undo(): void {
    if (this.#final !== undefined) return;
    this.#final = this.#watch.snapshot();
    this.#watch.close();
    this.#idle?.close();
    if (this.#review !== undefined) this.#ground.thread.clock.clearTimeout(this.#review);
    this.#undoSize?.();
    this.#undoWorkers?.();
    isActive = false;
  }

  [Symbol.dispose](): void {
    this.undo();
  }

  #arm(): void {
    this.#review = this.#ground.thread.clock.setTimeout(() => {
      const advice = this.advice();
      if (advice.flags.length === 0) this.#arm();
      else this.#applyToWorkers(advice);
    }, this.#settings.reviewMs);
  }

  #applyToWorkers(advice: GcAdvice): void {
    this.#applied = advice;
    this.#undoWorkers = setWorkerLimits(advice.flags, this.#ground.v8);
  }
}

/** An advice may come from a file, and its flags go to a command line. */
function checkAdvice(advice: GcAdvice): void {
  optionsObject("advice", advice);
  if (!Array.isArray(advice.flags)) rejectType("advice.flags", "an array of flags", advice.flags);
  for (const flag of advice.flags)
    if (typeof flag !== "string" || !/^--max-(semi|old)-space-size=[1-9]\d{0,6}$/.test(flag))
      reject("advice.flags", "--max-semi-space-size or --max-old-space-size in MiB", flag);
  optionsObject("advice.resourceLimits", advice.resourceLimits);
}
