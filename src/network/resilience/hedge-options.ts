import { type Clock, systemClock } from "../../clock.ts";
import { finite, integer, knownKeys, reject, rejectType } from "../../options.ts";
import { RetryBudget } from "./retry-budget.ts";

/** When a second request is sent beside one that is late. */
export interface HedgePolicyOptions {
  /** An answer is late when it takes longer than this share of the last ones did, and than twice their median; > 0 and < 1. @default 0.97 */
  readonly percentile?: number;
  /** Hedges are at most this share of the calls, > 0 and ≤ 1. @default 0.03 */
  readonly maxLoad?: number;
  /** Nothing is late before so many milliseconds, finite, ≥ 0: to ask twice costs more than it gains there. @default 10 */
  readonly minDelayMs?: number;
  /** The percentile is that of the last so many answers of an origin, up to twice as many; an integer from 10 to 1,000,000. @default 1000 */
  readonly windowCalls?: number;
  /** Nothing is late before an origin has given so many answers, an integer ≥ 1. @default 100 */
  readonly minimumCalls?: number;
  /** Each hedge costs a token of it too: that of a `RetryPolicy`, which earns them. @default none: `maxLoad` alone bounds them */
  readonly budget?: RetryBudget | undefined;
  /** Origins that are known at most, an integer ≥ 1; some 10 kB each. @default 256 */
  readonly maxOrigins?: number;
  /** For metrics. @default "hedge" */
  readonly name?: string;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Defaults of `HedgePolicy`. */
export const hedgeDefaults = Object.freeze({
  percentile: 0.97,
  maxLoad: 0.03,
  minDelayMs: 10,
  windowCalls: 1000,
  minimumCalls: 100,
  maxOrigins: 256,
});

/** Options with every default filled in and every value checked. @internal */
export type ResolvedHedgeOptions = Required<HedgePolicyOptions>;

const known = [...Object.keys(hedgeDefaults), "budget", "name", "clock"];

/** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds @internal */
export function resolveHedgeOptions(options: HedgePolicyOptions): ResolvedHedgeOptions {
  knownKeys("HedgePolicy", options, known);
  const { budget, name = "hedge", clock = systemClock } = options;
  if (budget !== undefined && !(budget instanceof RetryBudget)) rejectType("budget", "a RetryBudget", budget);
  if (typeof name !== "string" || name === "") reject("name", "a name", name);
  const of = (key: keyof typeof hedgeDefaults): number => options[key] ?? hedgeDefaults[key];
  const percentile = finite("percentile", of("percentile"), Number.MIN_VALUE, 1);
  if (percentile === 1) reject("percentile", "a share < 1", percentile);
  return {
    percentile,
    maxLoad: finite("maxLoad", of("maxLoad"), Number.MIN_VALUE, 1),
    minDelayMs: finite("minDelayMs", of("minDelayMs"), 0),
    windowCalls: integer("windowCalls", of("windowCalls"), 10, 1_000_000),
    minimumCalls: integer("minimumCalls", of("minimumCalls"), 1),
    maxOrigins: integer("maxOrigins", of("maxOrigins"), 1),
    budget,
    name,
    clock,
  };
}
