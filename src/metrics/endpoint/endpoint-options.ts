import { type Clock, systemClock } from "../../clock.ts";
import { durationMs, integer, knownKeys, rejectType } from "../../options.ts";

/** How metrics are served. */
export interface MetricsEndpointOptions {
  /** A secret that scrapers must send as `Authorization: Bearer …`; without blanks. @default none: all may read */
  readonly token?: string | undefined;
  /** Requests answered at a time, ≥ 1; more get status 503. @default 10 */
  readonly maxConcurrent?: number | undefined;
  /** From the request to the last byte, milliseconds > 0; who is slower is cut off. @default 30000 */
  readonly timeoutMs?: number | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
}

export interface ResolvedEndpointOptions {
  readonly token: string | undefined;
  readonly maxConcurrent: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

const defaults = Object.freeze({ maxConcurrent: 10, timeoutMs: 30_000 });
export const endpointOptionNames: readonly string[] = Object.freeze([
  "token",
  "clock",
  ...Object.keys(defaults),
]);

/** @throws {TypeError | RangeError} when an option is not valid */
export function endpointOptions(where: string, options: MetricsEndpointOptions): ResolvedEndpointOptions {
  knownKeys(where, options, endpointOptionNames);
  const {
    token,
    maxConcurrent = defaults.maxConcurrent,
    timeoutMs = defaults.timeoutMs,
    clock = systemClock,
  } = options;
  // The value itself stays out of the message.
  if (token !== undefined && (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)))
    rejectType("token", "visible ASCII characters, at least one", typeof token);
  return {
    token,
    maxConcurrent: integer("maxConcurrent", maxConcurrent, 1),
    timeoutMs: durationMs("timeoutMs", timeoutMs, Number.MIN_VALUE),
    clock,
  };
}
