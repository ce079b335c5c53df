import type { Clock } from "../clock.ts";
import { durationMs, knownKeys } from "../options.ts";

/** Bounds of a blocking wait. No signal: while a thread is blocked, nothing in it could abort one. */
export interface RingSyncWait {
  /** Milliseconds, ≥ 0; 0 tries once. @default Infinity */
  readonly timeoutMs?: number;
}

/** Bounds of an asynchronous wait. */
export interface RingWait extends RingSyncWait {
  readonly signal?: AbortSignal | undefined;
}

/** What differs between threads that use one ring. */
export interface RingMemberOptions {
  /** @default the system's */
  readonly clock?: Clock;
}

/** With all defaults filled in. */
export interface ResolvedRingWait {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const unbounded: ResolvedRingWait = Object.freeze({ timeoutMs: Number.POSITIVE_INFINITY, signal: undefined });

/** @throws {TypeError | RangeError} on an unknown option or one out of its bounds */
export function resolveWait(options: RingWait | undefined, known: readonly string[]): ResolvedRingWait {
  if (options === undefined) return unbounded;
  knownKeys("wait", options, known);
  const { timeoutMs = Number.POSITIVE_INFINITY, signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new TypeError("signal: expected an AbortSignal");
  return { timeoutMs: durationMs("timeoutMs", timeoutMs), signal };
}
