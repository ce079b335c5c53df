import type { Dispatcher } from "undici";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { contextOf, type NetworkPolicy } from "../policy.ts";
import { HedgeCall, type HedgedOrigin, type HedgeRules, type HedgeStats } from "./hedge-call.ts";
import { HedgeDelay } from "./hedge-delay.ts";
import { type HedgePolicyOptions, resolveHedgeOptions } from "./hedge-options.ts";
import { HedgeQueue } from "./hedge-queue.ts";
import { Origins } from "./origins.ts";
import { RetryBudget } from "./retry-budget.ts";

/**
 * Sends a GET or HEAD a second time when its answer is late, takes the answer that comes first, and cuts the other off.
 *
 * Late is what takes longer than 97 % of the origin's last answers did, twice their median, and 10 ms. Hedges are at most 3 % of the calls, whatever
 * happens: an origin that becomes slow as a whole is not asked twice for everything. Each costs a token of the budget that retries
 * are paid from, too. Of two requests, one that fails or is answered with a status that is retried leaves the word to the other.
 * @see https://doi.org/10.1145/2408776.2408794 (Dean, Barroso: The tail at scale)
 */
export class HedgePolicy implements MetricSource {
  readonly name: string;
  /** For `compose` of a dispatcher, within `RetryPolicy`. */
  readonly policy: NetworkPolicy;
  readonly #counts = { calls: 0, hedges: 0, won: 0, denied: 0 };
  readonly #origins: Origins<HedgedOrigin>;

  /** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
  constructor(options: HedgePolicyOptions = {}) {
    const resolved = resolveHedgeOptions(options);
    const { clock, budget, maxLoad, percentile, windowCalls, minimumCalls, minDelayMs } = resolved;
    const counts = this.#counts;
    const share = new RetryBudget({
      creditPerCall: maxLoad,
      creditPerSuccess: 0,
      capacity: 10,
      initialTokens: 0,
    });
    const rules: HedgeRules = {
      clock,
      counts,
      mayHedge: () => {
        const may = share.tokens >= 1 && (budget?.tryWithdraw() ?? true) && share.tryWithdraw();
        counts[may ? "hedges" : "denied"]++;
        return may;
      },
    };
    this.name = resolved.name;
    this.#origins = new Origins<HedgedOrigin>(
      resolved.maxOrigins,
      () => {
        const delay = new HedgeDelay(percentile, windowCalls, minimumCalls);
        return { delay, queue: new HedgeQueue(clock, () => Math.max(minDelayMs, delay.ms)) };
      },
      () => true,
    );
    this.policy = (dispatch) => (request, handler) => {
      if (!isHedgeable(request)) return dispatch(request, handler);
      counts.calls++;
      share.call();
      return new HedgeCall(rules, this.#origins.of(request.origin), dispatch, request, handler).begin();
    };
  }

  /** @returns milliseconds after which an answer of the origin is late; `Infinity` while too little is known */
  delayMs(origin: string): number {
    for (const [known, { delay }] of this.#origins) if (known === origin) return delay.ms;
    return Number.POSITIVE_INFINITY;
  }

  stats(): HedgeStats {
    return { ...this.#counts };
  }

  *collect(): Iterable<MetricSample> {
    const labels = { "victor.hedge.name": this.name };
    const counter = (name: string, unit: string, help: string, value: number): MetricSample => ({
      type: "counter",
      name: `victor.hedge.${name}`,
      help,
      unit,
      labels,
      value,
    });
    const { calls, hedges, won, denied } = this.#counts;
    yield counter("calls", "{call}", "Calls that might have been hedged.", calls);
    yield counter("hedges", "{attempt}", "Second requests.", hedges);
    yield counter("won", "{call}", "Calls that the second request answered.", won);
    yield counter("denied", "{attempt}", "Second requests that would have been too many.", denied);
  }
}

function isHedgeable(request: Dispatcher.DispatchOptions): boolean {
  return (
    (request.method === "GET" || request.method === "HEAD") &&
    (request.body === undefined || request.body === null) &&
    !request.upgrade &&
    contextOf(request).idempotent !== false
  );
}
