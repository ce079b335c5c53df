import { type Clock, systemClock } from "../../clock.ts";
import { callable, durationMs, finite, integer, knownKeys, reject, rejectType } from "../../options.ts";
import { idempotentMethods, retriedErrorCodes, retriedStatuses } from "./repeatable.ts";
import { RetryBudget } from "./retry-budget.ts";

/** When a request is sent again. */
export interface RetryPolicyOptions {
  /** Attempts after the first, an integer from 0 to 100; a call's own `maxRetries` comes before it. @default 3 */
  readonly maxRetries?: number;
  /** Ceiling of the first wait, milliseconds ≥ 0, finite; doubled for each further one. @default 200 */
  readonly baseDelayMs?: number;
  /** Highest ceiling of a wait, ≥ `baseDelayMs`, finite. @default 10_000, or baseDelayMs if that is more */
  readonly maxDelayMs?: number;
  /** A `Retry-After` that asks for more, in milliseconds ≥ 0, isn't waited for: its response is the answer. @default 30_000 */
  readonly maxRetryAfterMs?: number;
  /** How long an attempt may take until its response begins, in milliseconds > 0. @default Infinity */
  readonly attemptTimeoutMs?: number;
  /** The whole call's time, its body included, where it doesn't bring a deadline of its own; milliseconds > 0. @default Infinity */
  readonly timeoutMs?: number;
  /** Methods that may be sent twice; a call's own `idempotent` comes before it. @default idempotentMethods */
  readonly methods?: readonly string[];
  /** Statuses after which another attempt is made. @default retriedStatuses */
  readonly statuses?: readonly number[];
  /** Codes of errors after which another attempt is made. @default retriedErrorCodes */
  readonly errorCodes?: readonly string[];
  /** What retries are paid from; hand the same to several policies to bound them together. @default one of its own */
  readonly budget?: RetryBudget;
  /** For metrics. @default "retry" */
  readonly name?: string;
  /** @default systemClock */
  readonly clock?: Clock;
  /** From 0 up to, not including, 1. @default Math.random */
  readonly random?: () => number;
}

/** Defaults of `RetryPolicy`. */
export const retryDefaults = Object.freeze({
  maxRetries: 3,
  baseDelayMs: 200,
  maxDelayMs: 10_000,
  maxRetryAfterMs: 30_000,
  attemptTimeoutMs: Number.POSITIVE_INFINITY,
  timeoutMs: Number.POSITIVE_INFINITY,
  methods: idempotentMethods,
  statuses: retriedStatuses,
  errorCodes: retriedErrorCodes,
});

/** Options with every default filled in and every value checked. @internal */
export interface ResolvedRetryOptions {
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly maxRetryAfterMs: number;
  readonly attemptTimeoutMs: number;
  readonly timeoutMs: number;
  readonly methods: ReadonlySet<string>;
  readonly statuses: ReadonlySet<number>;
  readonly errorCodes: ReadonlySet<string>;
  readonly budget: RetryBudget;
  readonly name: string;
  readonly clock: Clock;
  readonly random: () => number;
}

const known = [...Object.keys(retryDefaults), "budget", "name", "clock", "random"];

/** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds @internal */
export function resolveRetryOptions(options: RetryPolicyOptions): ResolvedRetryOptions {
  knownKeys("RetryPolicy", options, known);
  const { budget = new RetryBudget(), name = "retry", clock = systemClock, random = Math.random } = options;
  if (!(budget instanceof RetryBudget)) rejectType("budget", "a RetryBudget", budget);
  if (typeof name !== "string" || name === "") reject("name", "a name", name);
  callable("random", random);
  const baseDelayMs = finite("baseDelayMs", options.baseDelayMs ?? retryDefaults.baseDelayMs, 0);
  const statuses = list("statuses", options.statuses ?? retryDefaults.statuses);
  for (const status of statuses) integer("statuses", status, 200, 999);
  return {
    maxRetries: integer("maxRetries", options.maxRetries ?? retryDefaults.maxRetries, 0, 100),
    baseDelayMs,
    maxDelayMs: finite(
      "maxDelayMs",
      options.maxDelayMs ?? Math.max(retryDefaults.maxDelayMs, baseDelayMs),
      baseDelayMs,
    ),
    maxRetryAfterMs: durationMs("maxRetryAfterMs", options.maxRetryAfterMs ?? retryDefaults.maxRetryAfterMs),
    attemptTimeoutMs: durationMs(
      "attemptTimeoutMs",
      options.attemptTimeoutMs ?? retryDefaults.attemptTimeoutMs,
      Number.MIN_VALUE,
    ),
    timeoutMs: durationMs("timeoutMs", options.timeoutMs ?? retryDefaults.timeoutMs, Number.MIN_VALUE),
    methods: new Set(strings("methods", options.methods ?? retryDefaults.methods)),
    statuses: new Set(statuses),
    errorCodes: new Set(strings("errorCodes", options.errorCodes ?? retryDefaults.errorCodes)),
    budget,
    name,
    clock,
    random,
  };
}

function list<T>(name: string, value: readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : rejectType(name, "an array", value);
}

function strings(name: string, value: readonly string[]): readonly string[] {
  for (const each of list(name, value)) if (typeof each !== "string") rejectType(name, "strings", each);
  return value;
}
