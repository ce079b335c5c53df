const hrtimeMs = (): number => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
};

/** Of several looks the one between whose two clocks least time passed: this thread may be set aside in the middle. */
function originMs(): number {
  let least = Number.POSITIVE_INFINITY;
  let origin = 0;
  for (let i = 0; i < 5; i++) {
    const beforeMs = hrtimeMs();
    const nowMs = performance.now();
    const tookMs = hrtimeMs() - beforeMs;
    if (tookMs >= least) continue;
    least = tookMs;
    origin = beforeMs + tookMs / 2 - nowMs;
  }
  return origin;
}

/** Milliseconds between the origin of this thread's timeline and that of the system's clock, which all threads share. */
export const threadOriginMs = originMs();

/** The time of `performance.now()`, from `process.hrtime`, which takes some 10 ns less for it. */
export const monotonicMs = (): number => hrtimeMs() - threadOriginMs;
