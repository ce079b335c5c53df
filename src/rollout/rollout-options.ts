import { type Clock, systemClock } from "../clock.ts";
import { callable, durationMs, finite, integer, knownKeys, reject, rejectType } from "../options.ts";
import type { ResolvedGoal } from "./benefit-watch.ts";
import type { BenefitGoal, Guardrail } from "./guardrail.ts";
import { checkGuardrails, resolveGoal } from "./guardrail-checks.ts";
import type { RolloutEvent } from "./rollout-event.ts";

/** How one optimization is rolled out. */
export interface OptimizationOptions {
  /** Shares in percent, ascending, > 0 and ≤ 100; it begins at the first. Not with `share`. @default [1, 5, 25, 50, 100] */
  readonly ramp?: readonly number[] | undefined;
  /** Percent, 0 to 100: stays there until `setShare`. @default none: there is a ramp */
  readonly share?: number | undefined;
  /** Outcomes of each arm that a stage needs, an integer ≥ 1. @default 200 */
  readonly minSamples?: number | undefined;
  /** Time that a stage needs, ms, ≥ 0; only time that the process was running counts. @default 60_000 */
  readonly minMs?: number | undefined;
  /** What rolls it back. @default p99 latency and errors, as `LatencyGuardrail` and `ErrorGuardrail` have them */
  readonly guardrails?: readonly Guardrail[] | undefined;
  /** What it is for; without a gain it is switched off. @default none: it stays on while it does no harm */
  readonly benefit?: BenefitGoal | undefined;
  /** Whether an error counts. One that throws is not asked: the call counts as failed. @default all do */
  readonly isFailure?: ((error: unknown) => boolean) | undefined;
  /** A call that runs so long counts as failed, whatever becomes of it; ms, > 0, or `Infinity`. @default 30_000 */
  readonly hungAfterMs?: number | undefined;
  /**
   * A key counts in the tests once within so many ms, ≥ 0: what one user does in a loop is no evidence of many.
   * Without effect on calls without a key. @default 1000
   */
  readonly perKeyMs?: number | undefined;
}

/** @typeParam Id ids of the optimizations, so that a wrong one doesn't compile */
export interface RolloutOptions<Id extends string = string> {
  /** By id. */
  readonly optimizations: Readonly<Record<Id, OptimizationOptions>>;
  /**
   * Probability that an optimization that does no harm at all is ever rolled back by its guardrails, however long they
   * watch, from one `resume` to the next; > 0 and ≤ 0.5. They share it evenly. A goal has as much for itself. @default 0.05
   */
  readonly alpha?: number | undefined;
  /** Chooses which keys come first; the same in all processes that are to agree. A safe integer ≥ 0. @default 0 */
  readonly seed?: number | undefined;
  /** Chooses for calls without a key. An integer. @default another in each process */
  readonly randomSeed?: number | undefined;
  /** Between two looks at time and at what isn't told by calls, ms, 10 to 3,600,000. @default 1000 */
  readonly checkMs?: number | undefined;
  /** Told of each event. One that throws, or gives a promise that is rejected, is counted. @default none */
  readonly onEvent?: ((event: RolloutEvent) => void) | undefined;
  /**
   * Told as a line of each event, and once of each id that there is not.
   * @default roll-backs and wrong ids alone become warnings of the process, `VICTOR_ROLLOUT` and `VICTOR_ROLLOUT_UNKNOWN`
   */
  readonly log?: ((line: string) => void) | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

const defaults = Object.freeze({
  ramp: Object.freeze([1, 5, 25, 50, 100]),
  minSamples: 200,
  minMs: 60_000,
  guardrails: Object.freeze([{ kind: "latency" }, { kind: "errors" }] as const),
  hungAfterMs: 30_000,
  perKeyMs: 1000,
  alpha: 0.05,
  seed: 0,
  checkMs: 1000,
});

const mostOptimizations = 1000;

/** With every default filled in and every value checked. */
export interface ResolvedOptimization {
  /** Empty for a share of its own. */
  readonly ramp: readonly number[];
  readonly share: number;
  readonly minSamples: number;
  readonly minMs: number;
  readonly guardrails: readonly Guardrail[];
  readonly goal: ResolvedGoal | undefined;
  readonly isFailure: (error: unknown) => boolean;
  readonly hungAfterMs: number;
  readonly perKeyMs: number;
}

export interface ResolvedRollout {
  readonly optimizations: ReadonlyMap<string, ResolvedOptimization>;
  readonly alpha: number;
  readonly seed: number;
  readonly randomSeed: number;
  readonly checkMs: number;
  readonly onEvent: ((event: RolloutEvent) => void) | undefined;
  readonly log: ((line: string) => void) | undefined;
  readonly clock: Clock;
}

const known = ["optimizations", "alpha", "seed", "randomSeed", "checkMs", "onEvent", "log", "clock"];
const optimizationKeys = [
  "ramp",
  "share",
  "minSamples",
  "minMs",
  "guardrails",
  "benefit",
  "isFailure",
  "hungAfterMs",
  "perKeyMs",
];

/**
 * @param path that messages put before a key, such as `rollout.`, where these options are part of others
 * @throws {TypeError | RangeError} naming the option, what was expected and what came
 */
export function resolveRolloutOptions(options: RolloutOptions, path = ""): ResolvedRollout {
  knownKeys(path === "" ? "Rollout" : path.slice(0, -1), options, known);
  const { optimizations, onEvent, log, clock = systemClock } = options;
  if (typeof optimizations !== "object" || optimizations === null || Array.isArray(optimizations))
    rejectType(`${path}optimizations`, "an object of options by id", optimizations);
  const entries = Object.entries<OptimizationOptions>(optimizations);
  if (entries.length === 0 || entries.length > mostOptimizations)
    reject(`${path}optimizations`, `1 to ${mostOptimizations} optimizations by id`, entries.length);
  if (onEvent !== undefined) callable(`${path}onEvent`, onEvent);
  if (log !== undefined) callable(`${path}log`, log);
  if (typeof clock?.now !== "function") rejectType(`${path}clock`, "a clock", clock);
  const randomSeed = options.randomSeed ?? crypto.getRandomValues(new Int32Array(1))[0]!;
  return {
    optimizations: new Map(
      entries.map(([id, each]) => [id, resolveOptimization(`${path}optimizations.${id}`, each)]),
    ),
    alpha: finite(`${path}alpha`, options.alpha ?? defaults.alpha, 1e-6, 0.5),
    seed: integer(`${path}seed`, options.seed ?? defaults.seed, 0),
    randomSeed: integer(`${path}randomSeed`, randomSeed, Number.MIN_SAFE_INTEGER),
    checkMs: finite(`${path}checkMs`, options.checkMs ?? defaults.checkMs, 10, 3_600_000),
    onEvent,
    log,
    clock,
  };
}

function resolveOptimization(at: string, options: OptimizationOptions): ResolvedOptimization {
  knownKeys(at, options, optimizationKeys);
  if (options.ramp !== undefined && options.share !== undefined)
    throw new TypeError(`${at}: expected either ramp or share, got both`);
  const { guardrails = defaults.guardrails, benefit, isFailure = everyError } = options;
  callable(`${at}.isFailure`, isFailure);
  checkGuardrails(`${at}.guardrails`, guardrails);
  const ramp = options.share === undefined ? checkedRamp(`${at}.ramp`, options.ramp ?? defaults.ramp) : [];
  return {
    ramp,
    share: options.share === undefined ? ramp[0]! : checkedShare(`${at}.share`, options.share),
    minSamples: integer(`${at}.minSamples`, options.minSamples ?? defaults.minSamples, 1),
    minMs: durationMs(`${at}.minMs`, options.minMs ?? defaults.minMs),
    guardrails,
    goal: benefit === undefined ? undefined : resolveGoal(`${at}.benefit`, benefit),
    isFailure,
    hungAfterMs: durationMs(
      `${at}.hungAfterMs`,
      options.hungAfterMs ?? defaults.hungAfterMs,
      Number.MIN_VALUE,
    ),
    perKeyMs: finite(`${at}.perKeyMs`, options.perKeyMs ?? defaults.perKeyMs, 0),
  };
}

/** @throws {RangeError} when it isn't from 0 to 100 */
export const checkedShare = (name: string, share: unknown): number => finite(name, share, 0, 100);

function checkedRamp(at: string, ramp: readonly number[]): readonly number[] {
  if (!Array.isArray(ramp) || ramp.length === 0) rejectType(at, "an array of shares", ramp);
  let before = 0;
  for (const [i, share] of ramp.entries()) {
    finite(`${at}[${i}]`, share, 0, 100);
    if (share <= before) throw new RangeError(`${at}[${i}]: expected more than ${before}, got ${share}`);
    before = share;
  }
  return [...ramp];
}

const everyError = (): boolean => true;
