import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import type { NetworkPolicy } from "../policy.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { RetryCall } from "./retry-call.ts";
import { RetryCounts, type RetryStats } from "./retry-counts.ts";
import { type ResolvedRetryOptions, type RetryPolicyOptions, resolveRetryOptions } from "./retry-options.ts";

/**
 * Sends a request again when its connection failed or it was answered with a status that may pass, and holds its call to one
 * deadline, body included.
 *
 * - Only what may be sent twice: idempotent methods, or a call that says so; any method when nothing was sent at all. A stream
 *   is sent once, unless the call can make its body anew. A certificate error is never retried.
 * - Waits have full jitter; after 429 and 503 equal jitter, or what `Retry-After` asks for and full jitter on top.
 * - Each retry costs a token of the budget. Without one, or without time left, the last answer stands: a permanent 503 is a
 *   response, not an error.
 * - Once the caller has the headers, nothing is repeated: a body that is cut off is an error. So while there may be another
 *   attempt, a response whose `Content-Length` is at most 64 KiB is handed on when it is whole, and is one more failure if it isn't.
 *
 * The caller's controller works for the whole call, from before there is a connection: `onRequestStart` comes at once.
 * @see https://sre.google/sre-book/handling-overload/#deciding-to-retry-1Rs3Sk
 */
export class RetryPolicy implements MetricSource {
  readonly name: string;
  /** For `compose` of a dispatcher, outside of all other policies of this folder. */
  readonly policy: NetworkPolicy;
  readonly #rules: ResolvedRetryOptions;
  readonly #counts = new RetryCounts();

  /** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
  constructor(options: RetryPolicyOptions = {}) {
    const rules = resolveRetryOptions(options);
    const counts = this.#counts;
    this.#rules = rules;
    this.name = rules.name;
    this.policy = (dispatch) => (request, handler) =>
      request.upgrade || request.method === "CONNECT"
        ? dispatch(request, handler)
        : new RetryCall(rules, counts, dispatch, request, handler).begin();
  }

  get budget(): RetryBudget {
    return this.#rules.budget;
  }

  stats(): RetryStats {
    return { ...this.#counts };
  }

  *collect(): Iterable<MetricSample> {
    const { calls, retries, recovered, exhausted, denied, tooLate, attemptTimeouts, deadlines } =
      this.#counts;
    const labels = { "victor.retry.name": this.name };
    const counter = (name: string, unit: string, help: string, value: number): MetricSample => ({
      type: "counter",
      name: `victor.retry.${name}`,
      help,
      unit,
      labels,
      value,
    });
    yield counter("calls", "{call}", "Calls.", calls);
    yield counter("retries", "{attempt}", "Attempts after the first.", retries);
    yield counter("recovered", "{call}", "Calls that were answered well after a retry.", recovered);
    yield counter("exhausted", "{call}", "Calls that failed with all their attempts.", exhausted);
    yield counter("denied", "{attempt}", "Retries that the budget didn't allow.", denied);
    yield counter("too_late", "{attempt}", "Retries for which there was no time.", tooLate);
    yield counter("attempt_timeouts", "{attempt}", "Attempts without a response in time.", attemptTimeouts);
    yield counter("deadlines", "{call}", "Calls that their deadline ended.", deadlines);
    yield {
      type: "gauge",
      name: "victor.retry.budget",
      help: "Tokens for retries and hedges.",
      unit: "{token}",
      labels,
      value: this.budget.tokens,
    };
  }
}
