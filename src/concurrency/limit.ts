import { finite, knownKeys, reject } from "../options.ts";

/** What a request that is over says about the service. */
export interface LimitSample {
  /** From the start of the request to its end, in milliseconds, finite, ≥ 0; waiting for a permit is not part of it. */
  readonly rttMs: number;
  /** Permits out when it ended, its own included, ≥ 0. */
  readonly inFlight: number;
  /** Whether it was lost to overload: timed out, or refused by the service. */
  readonly dropped: boolean;
}

/**
 * How many requests may be in flight, found from how long they take. A limit is arithmetic: it has no clock, no timer
 * and no queue; a semaphore enforces it. It belongs to one semaphore.
 */
export interface Limit {
  /** An integer ≥ 1. */
  readonly current: number;
  /**
   * Takes in one sample, in whatever order they come.
   * @returns `current`
   * @throws {RangeError} when the sample is not valid; nothing changes then
   */
  update(sample: LimitSample): number;
}

/** Bounds that every adaptive limit has. */
export interface LimitBounds {
  /** Where it starts, an integer from `minLimit` to `maxLimit`. @default 10 (`AdaptiveLimit`: 6), or the nearest that the bounds allow */
  readonly initialLimit?: number;
  /** An integer ≥ 1. @default 1 */
  readonly minLimit?: number;
  /** An integer ≥ `minLimit`. @default 1000 */
  readonly maxLimit?: number;
}

/** Bounds with their defaults. */
export const limitBounds = Object.freeze({ initialLimit: 10, minLimit: 1, maxLimit: 1000 });

/** Highest limit that can be set. */
export const highestLimit = 2 ** 30;

/** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
export function resolveBounds(
  where: string,
  options: LimitBounds,
  others: readonly string[] = [],
  usual: number = limitBounds.initialLimit,
): Required<LimitBounds> {
  knownKeys(where, options, [...Object.keys(limitBounds), ...others]);
  const minLimit = limitInteger("minLimit", options.minLimit ?? limitBounds.minLimit);
  const maxLimit = limitInteger(
    "maxLimit",
    options.maxLimit ?? Math.max(minLimit, limitBounds.maxLimit),
    minLimit,
  );
  const initial = options.initialLimit ?? Math.min(maxLimit, Math.max(minLimit, usual));
  return { initialLimit: limitInteger("initialLimit", initial, minLimit, maxLimit), minLimit, maxLimit };
}

/** @returns `value` when it is an integer from `least` to `most` @throws {RangeError} */
export function limitInteger(name: string, value: unknown, least = 1, most = highestLimit): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
    return value as number;
  return reject(name, `an integer from ${least} to ${most}`, value);
}

/** @throws {RangeError} when a sample is not what `LimitSample` says */
export function checkSample({ rttMs, inFlight, dropped }: LimitSample): void {
  // Messages are made only for what is wrong, since this runs once a request.
  if (!(Number.isFinite(rttMs) && rttMs >= 0)) finite("rttMs", rttMs, 0);
  if (!(Number.isFinite(inFlight) && inFlight >= 0)) finite("inFlight", inFlight, 0);
  if (typeof dropped !== "boolean") reject("dropped", "a boolean", dropped);
}

/** Longer than anyone waits, in milliseconds; what takes longer counts as this, so that sums stay finite. @internal */
export const longestRttMs = 1e9;
