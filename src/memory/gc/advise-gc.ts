import { totalmem } from "node:os";
import {
  abortSignal,
  durationMs,
  finite,
  knownKeys,
  oneOf,
  optionsObject,
  rejectType,
} from "../../options.ts";
import { decideGc, type GcDecisionOptions } from "./decide-gc.ts";
import type { GcAdvice } from "./gc-advice.ts";
import { containerBytes, type GcGround, thisThread } from "./gc-ground.ts";
import type { GcObservation } from "./gc-observation.ts";
import { GcWatch } from "./gc-watch.ts";

export interface GcAdviceOptions {
  /** Save memory instead of time. @default false */
  readonly aggressive?: boolean | undefined;
  /** Memory that this process may use, bytes, > 0. @default the container's limit, else the machine's memory */
  readonly memoryLimitBytes?: number | undefined;
  /** Largest semi-space to advise, MiB, 1 to 1024. @default 32; 64 took more CPU time */
  readonly maxSemiSpaceMib?: number | undefined;
  /** Gains below this are left, 0 to 1: 0.05 is a twentieth more work done. @default 0.05 */
  readonly minGain?: number | undefined;
  /** Time that `aggressive` may cost, 0 to 10: 0.1 is a tenth more. @default 0.1 */
  readonly maxSlowdown?: number | undefined;
}

export interface GcAdviceAfterOptions extends GcAdviceOptions {
  /** Watches this thread for so long, milliseconds, ≥ 0, finite. */
  readonly observeMs: number;
  /** Ends the watch early, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export const gcAdviceKeys = [
  "aggressive",
  "memoryLimitBytes",
  "maxSemiSpaceMib",
  "minGain",
  "maxSlowdown",
] as const;

/**
 * What to do about garbage collection, judged by an observation of `GcWatch` or by one that is made now. Changes nothing.
 * @throws {TypeError | RangeError} on an option that is unknown or out of its bounds
 */
export function adviseGc(observation: GcObservation, options?: GcAdviceOptions): GcAdvice;
export function adviseGc(options: GcAdviceAfterOptions, ground?: GcGround): Promise<GcAdvice>;
export function adviseGc(
  first: GcObservation | GcAdviceAfterOptions,
  second?: GcAdviceOptions | GcGround,
): GcAdvice | Promise<GcAdvice> {
  optionsObject("adviseGc", first);
  if ("observeMs" in first) return observeAndAdvise(first, second as GcGround | undefined);
  if (!("sample" in first)) rejectType("adviseGc", "an observation of GcWatch, or { observeMs }", first);
  return decideGc(first, decisionOptions("adviseGc", (second ?? {}) as GcAdviceOptions, gcAdviceKeys));
}

async function observeAndAdvise(options: GcAdviceAfterOptions, ground = thisThread): Promise<GcAdvice> {
  const decision = decisionOptions("adviseGc", options, [...gcAdviceKeys, "observeMs", "signal"]);
  const { observeMs, signal } = options;
  durationMs("observeMs", observeMs);
  finite("observeMs", observeMs, 0);
  abortSignal(signal);
  signal?.throwIfAborted();
  using watch = new GcWatch(ground);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal?.reason);
  const timer = ground.clock.setTimeout(resolve, observeMs);
  signal?.addEventListener("abort", abort);
  // Somebody waits for what only this timer can give.
  const alive = setInterval(() => undefined, 2 ** 30);
  try {
    await promise;
  } finally {
    clearInterval(alive);
    ground.clock.clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
  return decideGc(watch.snapshot(), decision);
}

/** Checks options, and reads the container's limit where none is given. */
export function decisionOptions(
  where: string,
  options: GcAdviceOptions,
  known: readonly string[],
): GcDecisionOptions {
  knownKeys(where, options, known);
  const { aggressive, memoryLimitBytes, maxSemiSpaceMib, minGain, maxSlowdown } = options;
  if (aggressive !== undefined) oneOf("aggressive", aggressive, [true, false]);
  if (memoryLimitBytes !== undefined) finite("memoryLimitBytes", memoryLimitBytes, 1);
  if (maxSemiSpaceMib !== undefined) finite("maxSemiSpaceMib", maxSemiSpaceMib, 1, 1024);
  if (minGain !== undefined) finite("minGain", minGain, 0, 1);
  if (maxSlowdown !== undefined) finite("maxSlowdown", maxSlowdown, 0, 10);
  const container = memoryLimitBytes ?? containerBytes();
  return {
    memoryBytes: Math.min(container ?? Number.POSITIVE_INFINITY, totalmem()),
    isContainer: container !== undefined && container < totalmem(),
    aggressive,
    minGain,
    maxSlowdown,
    maxSemiSpaceBytes: maxSemiSpaceMib === undefined ? undefined : maxSemiSpaceMib * 2 ** 20,
  };
}
