import type { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { Labels, MetricSample, MetricSource } from "../metrics/metric.ts";
import { lazyModule } from "./lazy-module.ts";
import { nowMs } from "./own-time.ts";

interface Series {
  readonly method: string;
  readonly outcome: number | string;
  readonly labels: Labels;
  readonly seconds: LatencyHistogram;
}

/** Methods and statuses are few, unless somebody makes them up. */
const maxSeries = 200;

/** How long a program's own HTTP requests take, by method and status. */
export class ClientDurations implements MetricSource {
  readonly name: string;
  readonly #client: string;
  readonly #began = new WeakMap<object, number>();
  readonly #series = new Map<string, Series>();
  /** That of the last request: most are alike. */
  #last: Series | undefined;

  /** @param client what sends them: `http` or `undici` */
  constructor(client: string) {
    this.#client = client;
    this.name = `victor.auto.${client}`;
  }

  begin(request: object): void {
    this.#began.set(request, nowMs());
  }

  /** @param outcome the status, or an error's code. A request is counted once, by what comes first */
  end(request: object, method: string, outcome: number | string): void {
    const began = this.#began.get(request);
    if (began === undefined) return;
    this.#began.delete(request);
    const last = this.#last;
    const isSame = last !== undefined && last.outcome === outcome && last.method === method;
    const series = isSame ? last : this.#of(method, outcome);
    this.#last = series;
    series.seconds.record((nowMs() - began) / 1000);
  }

  *collect(): Iterable<MetricSample> {
    for (const { labels, seconds } of this.#series.values())
      yield {
        type: "histogram",
        name: "http.client.request.duration",
        help: "Duration of HTTP client requests, until the head of the response.",
        unit: "s",
        labels,
        histogram: seconds.snapshot(),
      };
  }

  #of(method: string, outcome: number | string): Series {
    const key = `${typeof outcome} ${method} ${outcome}`;
    let series = this.#series.get(key);
    if (series !== undefined) return series;
    if (this.#series.size >= maxSeries && key !== "string _OTHER _OTHER") return this.#of("_OTHER", "_OTHER");
    const { LatencyHistogram: Histogram } =
      lazyModule<typeof import("../metrics/latency-histogram.ts")>("metrics/latency-histogram");
    series = {
      method,
      outcome,
      labels: {
        "victor.client": this.#client,
        "http.request.method": method,
        [typeof outcome === "number" ? "http.response.status_code" : "error.type"]: String(outcome),
      },
      seconds: new Histogram(),
    };
    this.#series.set(key, series);
    return series;
  }
}
