import { type Clock, systemClock } from "../clock.ts";
import { type CircuitBreakerOptions, resolveCircuitOptions } from "../concurrency/circuit-options.ts";
import { callable, durationMs, finite, integer, knownKeys } from "../options.ts";

export interface TruthSamplerOptions {
  /** Name in metrics. @default "cache" */
  readonly name?: string | undefined;
  /** Percent of the hits that are checked, 0 to 100. @default 1 */
  readonly share?: number | undefined;
  /** Whether both are the same answer; goes before the cache's own way. One that throws makes the check a failure. @default deep equality */
  readonly equal?: ((cached: unknown, fresh: unknown) => boolean) | undefined;
  /** Checks at the same time, an integer ≥ 1; further ones are left out. @default 1 */
  readonly maxConcurrent?: number | undefined;
  /** For one check, ms, > 0. @default 5000 */
  readonly timeoutMs?: number | undefined;
  /**
   * A difference counts when the cache still holds the value so long afterwards, ms, ≥ 0: an invalidation that is on its way
   * may arrive a little later than the change itself. @default 100
   */
  readonly confirmMs?: number | undefined;
  /** Leaves checks out while the source fails or is slow. @default as `CircuitBreaker` */
  readonly circuit?: Omit<CircuitBreakerOptions, "clock" | "random" | "isFailure"> | undefined;
  /** Chooses the hits; from 0 up to, not including, 1. @default Math.random */
  readonly random?: (() => number) | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** All of it given and checked. */
export interface ResolvedTruthOptions {
  readonly name: string;
  readonly share: number;
  readonly equal: ((cached: unknown, fresh: unknown) => boolean) | undefined;
  readonly maxConcurrent: number;
  readonly timeoutMs: number;
  readonly confirmMs: number;
  readonly circuit: CircuitBreakerOptions;
  readonly random: () => number;
  readonly clock: Clock;
}

const defaults = Object.freeze({
  name: "cache",
  share: 1,
  maxConcurrent: 1,
  timeoutMs: 5000,
  confirmMs: 100,
});
const known = [...Object.keys(defaults), "equal", "circuit", "random", "clock"];

/** @throws {TypeError | RangeError} naming the option, what was expected and what came */
export function resolveTruthOptions(options: TruthSamplerOptions): ResolvedTruthOptions {
  knownKeys("truthSampler", options, known);
  const { name = defaults.name, equal, random = Math.random, clock = systemClock, circuit = {} } = options;
  if (typeof name !== "string" || name === "") throw new TypeError("name: expected a text that isn't empty");
  if (equal !== undefined) callable("equal", equal);
  callable("random", random);
  resolveCircuitOptions(circuit, "circuit.");
  return {
    name,
    share: finite("share", options.share ?? defaults.share, 0, 100),
    equal,
    maxConcurrent: integer("maxConcurrent", options.maxConcurrent ?? defaults.maxConcurrent, 1, 1000),
    timeoutMs: durationMs("timeoutMs", options.timeoutMs ?? defaults.timeoutMs, Number.MIN_VALUE),
    confirmMs: finite("confirmMs", options.confirmMs ?? defaults.confirmMs, 0, 3_600_000),
    circuit: { ...circuit, clock, random },
    random,
    clock,
  };
}
