import { type Clock, systemClock } from "../clock.ts";
import type { LimitReason } from "../errors.ts";
import { durationMs, finite, integer, knownKeys, reject } from "../options.ts";
import { AdaptiveLimit } from "./adaptive-limit.ts";
import { fixedLimit } from "./fixed-limit.ts";
import { highestLimit, type Limit, limitInteger } from "./limit.ts";
import type { Permit } from "./permit.ts";

/** How an `AdaptiveSemaphore` works. */
export interface AdaptiveSemaphoreOptions {
  /** Most weight out at once, whatever the limit says; an integer from 1 to 2³⁰. @default 1000 */
  readonly maxConcurrent?: number;
  /**
   * What finds the limit; it must belong to this semaphore alone. A number is a fixed limit.
   * @default an `AdaptiveLimit` up to `maxConcurrent`
   */
  readonly limit?: Limit | number;
  /** Callers that may wait, in each partition; an integer ≥ 0. @default 10_000 */
  readonly queueLimit?: number;
  /**
   * Longest that anyone waits, in milliseconds, > 0; who waits longer is turned away, and until the queue is empty the newest
   * go first. For load that nobody waits for with a deadline. @default Infinity
   */
  readonly queueDelayMs?: number;
  /** By how many milliseconds of waiting one step of priority is outweighed, finite, ≥ 0. @default 1000 */
  readonly agingMs?: number;
  /**
   * Tenants by name, each with its guaranteed share of the limit, 0 (exclusive) to 1, at most 1 in all. What is left
   * over, and at least 1 %, is for callers that name no partition. @default none
   */
  readonly partitions?: Readonly<Record<string, number>>;
  /** Whether an error of what `run` runs means that it was lost to overload. @default deadlines, timeouts, other limits */
  readonly isDropped?: (error: unknown) => boolean;
  /** @default the system's */
  readonly clock?: Clock;
}

/** How one caller asks for a permit. */
export interface AcquireOptions {
  /** When it aborts, the caller leaves with its reason. A signal's timeout isn't known beforehand: give that as `timeoutMs`. */
  readonly signal?: AbortSignal | undefined;
  /** Absolute, in milliseconds of the clock (`performance.now()`); one that has come gets no permit. @default Infinity */
  readonly deadline?: number | undefined;
  /** The same from now on, in milliseconds ≥ 0; of both, the earlier counts. @default Infinity */
  readonly timeoutMs?: number | undefined;
  /** The higher, the sooner; an integer from −9 to 9. @default 0 */
  readonly priority?: number | undefined;
  /** Of the limit, how much it takes; an integer from 1 to `maxConcurrent`, or to the limit where that is fixed. @default 1 */
  readonly weight?: number | undefined;
  /** One of the semaphore's `partitions`. @default what they leave over */
  readonly partition?: string | undefined;
}

/** How one caller asks for a permit without waiting. */
export type TryAcquireOptions = Pick<AcquireOptions, "weight" | "partition">;

/** @internal */
export const tryAcquireKeys = Object.freeze(["weight", "partition"]);
/** @internal */
export const acquireKeys = Object.freeze([...tryAcquireKeys, "signal", "deadline", "timeoutMs", "priority"]);

/** Why somebody left without a permit. */
export type RejectionReason = LimitReason | "aborted" | "closed";

/** A permit, or why there is none. */
export type Admission =
  | { readonly isGranted: true; readonly permit: Permit }
  | {
      readonly isGranted: false;
      readonly reason: RejectionReason;
      /** At that moment. */
      readonly limit: number;
      /** Milliseconds. */
      readonly waitedMs: number;
    };

/** Defaults of `AdaptiveSemaphore`. */
export const semaphoreDefaults = Object.freeze({
  maxConcurrent: 1000,
  queueLimit: 10_000,
  queueDelayMs: Number.POSITIVE_INFINITY,
  agingMs: 1000,
});

/** The least that is left for callers that name no partition. */
const leastRest = 0.01;
/** Sums of shares such as 0.7 + 0.2 + 0.1 come out a hair beside 1. */
const roundingError = 1e-9;

/** Options with every default filled in and every value checked. @internal */
export interface ResolvedSemaphoreOptions {
  readonly maxConcurrent: number;
  readonly limit: Limit;
  readonly queueLimit: number;
  readonly queueDelayMs: number;
  readonly agingMs: number;
  /** Names and shares; the rest, named "", comes first. */
  readonly shares: readonly (readonly [string, number])[];
  readonly isDropped: (error: unknown) => boolean;
  readonly clock: Clock;
}

/** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds @internal */
export function resolveSemaphoreOptions(
  name: string,
  options: AdaptiveSemaphoreOptions,
): ResolvedSemaphoreOptions {
  if (typeof name !== "string" || name === "") reject("name", "a name", name);
  knownKeys(`semaphore ${name}`, options, [
    ...Object.keys(semaphoreDefaults),
    "limit",
    "partitions",
    "isDropped",
    "clock",
  ]);
  const maxConcurrent = limitInteger(
    "maxConcurrent",
    options.maxConcurrent ?? semaphoreDefaults.maxConcurrent,
  );
  const queueDelayMs = durationMs("queueDelayMs", options.queueDelayMs ?? semaphoreDefaults.queueDelayMs);
  if (queueDelayMs === 0) reject("queueDelayMs", "milliseconds > 0", queueDelayMs);
  const { isDropped = isLostToOverload, clock = systemClock } = options;
  if (typeof isDropped !== "function") reject("isDropped", "a function", isDropped);
  return {
    maxConcurrent,
    limit: checkedLimit(options.limit ?? new AdaptiveLimit({ maxLimit: maxConcurrent })),
    queueLimit: integer("queueLimit", options.queueLimit ?? semaphoreDefaults.queueLimit, 0),
    queueDelayMs,
    agingMs: finite("agingMs", options.agingMs ?? semaphoreDefaults.agingMs, 0),
    shares: checkedShares(options.partitions ?? {}),
    isDropped,
    clock,
  };
}

/** @returns a limit as such @throws {RangeError | TypeError} when it is none @internal */
export function checkedLimit(limit: Limit | number): Limit {
  if (typeof limit === "number") return fixedLimit(limit);
  if (typeof limit !== "object" || limit === null || typeof limit.update !== "function")
    throw new TypeError("limit: expected a number or an object with current and update");
  limitInteger("limit.current", limit.current);
  return limit;
}

function checkedShares(partitions: Readonly<Record<string, number>>): (readonly [string, number])[] {
  if (typeof partitions !== "object" || partitions === null || Array.isArray(partitions))
    reject("partitions", "an object of shares by name", partitions);
  const shares = Object.entries(partitions);
  let sum = 0;
  for (const [name, share] of shares) {
    if (name === "") reject("partitions", "names that aren't empty", name);
    finite(`partitions.${name}`, share, Number.MIN_VALUE, 1);
    sum += share;
  }
  if (sum > 1 + roundingError) reject("partitions", "shares of at most 1 in all", sum);
  return [["", Math.max(leastRest, 1 - sum)], ...shares];
}

/** Codes of this toolkit that tell of overload. */
const overloadCodes: readonly unknown[] = ["VICTOR_DEADLINE", "VICTOR_LIMIT_EXCEEDED", "VICTOR_POOL_TIMEOUT"];

function isLostToOverload(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "TimeoutError" || overloadCodes.includes((error as { code?: unknown }).code);
}

/** Whether a caller gave up. Never throws: what was thrown may be anything, also what can't be looked at. @internal */
export function isAbort(error: unknown): boolean {
  try {
    return error instanceof Error && error.name === "AbortError";
  } catch {
    return false;
  }
}

/** @returns the highest weight that a caller may ask for @internal */
export function heaviest(maxConcurrent: number, fixed: number | undefined): number {
  return Math.min(maxConcurrent, fixed ?? highestLimit);
}
