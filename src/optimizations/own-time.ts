/**
 * The runtime's own time, taken before the program starts: a program may replace or delete the globals (fake timers, DOM
 * stand-ins), which must neither end it nor show it calls that aren't its own.
 */
export const { setTimeout: startTimer, clearTimeout: stopTimer } = process.getBuiltinModule("node:timers");

/** @returns milliseconds, monotonic */
export const nowMs: () => number = performance.now.bind(performance);

export const nextTick: typeof process.nextTick = process.nextTick.bind(process);
