import { performance } from "node:perf_hooks";

const systemMs = (): number => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
};

/** Of several looks the one at which least time passed: the thread may be set aside between its two clocks. */
function originMs(): number {
  let least = Number.POSITIVE_INFINITY;
  let origin = 0;
  for (let i = 0; i < 5; i++) {
    const beforeMs = systemMs();
    const nowMs = performance.now();
    const tookMs = systemMs() - beforeMs;
    if (tookMs >= least) continue;
    least = tookMs;
    origin = beforeMs + tookMs / 2 - nowMs;
  }
  return origin;
}

/** Milliseconds from the origin of the system's clock, which all threads share, to that of this thread's. */
export const threadOriginMs = originMs();

/**
 * This thread's time, that of `performance.now()`. Node gives it a second time as the duration of its own timing entry, by a
 * getter that doesn't ask what it is called on, which spares an eighth.
 */
export const monotonicMs: () => number = nodeDuration() ?? (() => performance.now());

/** @returns `undefined` where it isn't the same clock */
function nodeDuration(): (() => number) | undefined {
  const get = Object.getOwnPropertyDescriptor(performance.nodeTiming, "duration")?.get;
  if (get === undefined) return undefined;
  const beforeMs = performance.now();
  const betweenMs: unknown = get();
  return typeof betweenMs === "number" && betweenMs >= beforeMs && betweenMs <= performance.now()
    ? get
    : undefined;
}
