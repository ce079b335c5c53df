import { type Clock, systemClock } from "../clock.ts";
import { durationMs, finite, integer, knownKeys, reject } from "../options.ts";

/** When a circuit opens, how long it stays so, and how it is tried again. */
export interface CircuitBreakerOptions {
  /** Opens when this share of the window's calls failed, > 0 and ≤ 1, or `Infinity` for never. @default 0.5 */
  readonly failureRate?: number;
  /** Opens when so many calls in a row failed, an integer ≥ 1, or `Infinity` for never. @default Infinity */
  readonly consecutiveFailures?: number;
  /** A call that takes so long is slow, in milliseconds > 0; `Infinity`: none is. @default Infinity */
  readonly slowMs?: number;
  /** Opens when this share of the window's calls was slow, > 0 and ≤ 1; without effect without `slowMs`. @default 0.8 */
  readonly slowRate?: number;
  /** The window holds the last so many calls, an integer from 1 to 1,000,000 (9 bytes each) … @default 100 */
  readonly windowCalls?: number;
  /** … as far as they ended in the last so many milliseconds, > 0, or `Infinity`. @default 10_000 */
  readonly windowMs?: number;
  /** Rates say nothing while the window has fewer calls, an integer from 1 to `windowCalls`. @default 10, at most windowCalls */
  readonly minimumCalls?: number;
  /** How long the circuit stays open at first, in milliseconds > 0, finite; doubled each time that probes fail. @default 5_000 */
  readonly openMs?: number;
  /** The longest that it gets to, ≥ `openMs`, finite. @default 60_000, or openMs if that is more */
  readonly maxOpenMs?: number;
  /** The time open is shortened by up to this share, at random, so that many processes don't probe at once; 0 to 1. @default 0.2 */
  readonly jitter?: number;
  /** Calls let through while half-open, all of which must succeed for it to close, an integer ≥ 1. @default 3 */
  readonly probes?: number;
  /**
   * When the probes are all let through, and one isn't done so long after the last began, in milliseconds > 0, the circuit
   * opens again as if it had failed. @default 30_000
   */
  readonly probeTimeoutMs?: number;
  /** Whether an error is the service's failure. A call whose error isn't one counts as success: there was an answer. @default all are */
  readonly isFailure?: (error: unknown) => boolean;
  /** @default systemClock */
  readonly clock?: Clock;
  /** From 0 up to, not including, 1. @default Math.random */
  readonly random?: () => number;
}

export const circuitDefaults = Object.freeze({
  failureRate: 0.5,
  consecutiveFailures: Number.POSITIVE_INFINITY,
  slowMs: Number.POSITIVE_INFINITY,
  slowRate: 0.8,
  windowCalls: 100,
  windowMs: 10_000,
  minimumCalls: 10,
  openMs: 5_000,
  maxOpenMs: 60_000,
  jitter: 0.2,
  probes: 3,
  probeTimeoutMs: 30_000,
});

/** Options with every default filled in and every value checked. */
export type ResolvedCircuitOptions = Required<CircuitBreakerOptions>;

const known = [...Object.keys(circuitDefaults), "isFailure", "clock", "random"];
const never = Number.POSITIVE_INFINITY;

/**
 * @param path that messages put before a key, such as `circuit.`, where these options are part of others
 * @throws {RangeError | TypeError} on an option that is unknown or out of its bounds
 */
export function resolveCircuitOptions(options: CircuitBreakerOptions, path = ""): ResolvedCircuitOptions {
  knownKeys(path === "" ? "CircuitBreaker" : path.slice(0, -1), options, known);
  const { isFailure = () => true, clock = systemClock, random = Math.random } = options;
  if (typeof isFailure !== "function") reject(`${path}isFailure`, "a function", isFailure);
  if (typeof random !== "function") reject(`${path}random`, "a function", random);
  const value = (name: keyof typeof circuitDefaults): number => options[name] ?? circuitDefaults[name];
  const windowCalls = integer(`${path}windowCalls`, value("windowCalls"), 1, 1_000_000);
  const openMs = finite(`${path}openMs`, value("openMs"), Number.MIN_VALUE);
  const consecutiveFailures = value("consecutiveFailures");
  return {
    failureRate: value("failureRate") === never ? never : share(`${path}failureRate`, value("failureRate")),
    consecutiveFailures:
      consecutiveFailures === never ? never : integer(`${path}consecutiveFailures`, consecutiveFailures, 1),
    slowMs: durationMs(`${path}slowMs`, value("slowMs"), Number.MIN_VALUE),
    slowRate: share(`${path}slowRate`, value("slowRate")),
    windowCalls,
    windowMs: durationMs(`${path}windowMs`, value("windowMs"), Number.MIN_VALUE),
    minimumCalls: integer(
      `${path}minimumCalls`,
      options.minimumCalls ?? Math.min(circuitDefaults.minimumCalls, windowCalls),
      1,
      windowCalls,
    ),
    openMs,
    maxOpenMs: finite(
      `${path}maxOpenMs`,
      options.maxOpenMs ?? Math.max(circuitDefaults.maxOpenMs, openMs),
      openMs,
    ),
    jitter: finite(`${path}jitter`, value("jitter"), 0, 1),
    probes: integer(`${path}probes`, value("probes"), 1),
    probeTimeoutMs: durationMs(`${path}probeTimeoutMs`, value("probeTimeoutMs"), Number.MIN_VALUE),
    isFailure,
    clock,
    random,
  };
}

function share(name: string, value: number): number {
  return finite(name, value, Number.MIN_VALUE, 1);
}
