import type { Clock, TimerHandle } from "../clock.ts";

/**
 * The runtime's own time, taken before the program starts: a program may replace or delete the globals (fake timers, DOM
 * stand-ins), which must neither end it nor show it calls that aren't its own.
 */
export const {
  setTimeout: startTimer,
  clearTimeout: stopTimer,
  setImmediate: soon,
} = process.getBuiltinModule("node:timers");

// The first use of `performance` would load ten of Node's own modules.
const { hrtime } = process;

/** @returns milliseconds since some moment, monotonic */
export const nowMs = (): number => {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
};

/** Keeps no process alive. */
export const ownClock: Clock = Object.freeze({
  now: nowMs,
  setTimeout: (fn: () => void, delayMs: number) => startTimer(fn, delayMs).unref(),
  clearTimeout: (handle: TimerHandle) => stopTimer(handle as NodeJS.Timeout | undefined),
});

const OwnDate = Date;

/** @returns the time of day, such as `2026-03-01T12:00:00.000Z` */
export const isoTime = (): string => new OwnDate().toISOString();

export const nextTick: typeof process.nextTick = process.nextTick.bind(process);

/**
 * Calls back as late as the system's answer at the earliest would: after what the program does in this turn of the event
 * loop, and after all that it puts off by `setImmediate` meanwhile.
 */
export function nextTurn(callback: () => void): void {
  soon(() => void soon(callback));
}
