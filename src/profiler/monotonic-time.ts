const hrtimeMs = (): number => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
};

/** Milliseconds between the origin of this thread's timeline and that of the system's clock, which all threads share. */
export const threadOriginMs = hrtimeMs() - performance.now();

/** The time of `performance.now()`, from `process.hrtime`, which takes some 10 ns less for it. */
export const monotonicMs = (): number => hrtimeMs() - threadOriginMs;
