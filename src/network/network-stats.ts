import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { MetricSample } from "../metrics/metric.ts";

/** Requests of an optimizer, at one moment; counts run from its construction. */
export interface RequestStats {
  /** Begun by `request`, `fetch` and `dispatcher()`, those that the cache answered included. */
  readonly requests: number;
  /** Answered in whole, whatever the status. */
  readonly completed: number;
  /** Ended by an error; of these, */
  readonly failed: number;
  readonly active: number;
  /** Answered from the cache; validated ones are among them. */
  readonly cacheHits: number;
  /** `cacheHits` of all that were begun, 0–1; 0 before the first. */
  readonly cacheHitRate: number;
  /** From the call to the body's end, of requests that the cache's fast path didn't answer; `undefined` before the first. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | undefined;
}

/** Counts requests; the hot path does nothing but add. @internal */
export class RequestCounts {
  hits = 0;
  storedHits = 0;
  begun = 0;
  completed = 0;
  failed = 0;
  readonly #durations = new LatencyHistogram();

  record(durationMs: number): void {
    this.#durations.record(durationMs / 1000);
  }

  stats(): RequestStats {
    const { begun, hits, storedHits, completed, failed } = this;
    const requests = begun + hits;
    const at = (q: number): number => this.#durations.quantile(q)! * 1000;
    return {
      requests,
      completed: completed + hits,
      failed,
      active: begun - completed - failed,
      cacheHits: hits + storedHits,
      cacheHitRate: requests === 0 ? 0 : (hits + storedHits) / requests,
      latencyMs: this.#durations.count === 0 ? undefined : { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
    };
  }

  *collect(): Iterable<MetricSample> {
    const { requests, failed, active, cacheHits } = this.stats();
    const one = (type: "counter" | "gauge", name: string, help: string, value: number): MetricSample => ({
      type,
      name,
      help,
      unit: "{request}",
      labels: {},
      value,
    });
    yield one("gauge", "http.client.active_requests", "Requests that have not ended.", active);
    yield one("counter", "victor.network.requests", "Requests begun.", requests);
    yield one("counter", "victor.network.failed", "Requests that ended by an error.", failed);
    yield one("counter", "victor.network.cache_hits", "Requests answered from the cache.", cacheHits);
    yield {
      type: "histogram",
      name: "http.client.request.duration",
      help: "From the call to the end of the body; hits of the cache's fast path are left out.",
      unit: "s",
      labels: {},
      histogram: this.#durations.snapshot(),
    };
  }
}
