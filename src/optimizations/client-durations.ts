import type { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { Labels, MetricSample, MetricSource } from "../metrics/metric.ts";
import { lazyModule } from "./lazy-module.ts";
import { nowMs } from "./own-time.ts";

interface Series {
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

  /** @param client what sends them: `http` or `undici` */
  constructor(client: string) {
    this.#client = client;
    this.name = `victor.auto.${client}`;
  }

  begin(request: object): void {
    this.#began.set(request, nowMs());
  }

  /** @param outcome the status, or an error's code. A request is counted once, by what comes first */
  end(request: object, method: string, outcome: string): void {
    const began = this.#began.get(request);
    if (began === undefined) return;
    this.#began.delete(request);
    this.#of(method, outcome).seconds.record((nowMs() - began) / 1000);
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

  #of(method: string, outcome: string): Series {
    const key = `${method} ${outcome}`;
    let series = this.#series.get(key);
    if (series !== undefined) return series;
    if (this.#series.size >= maxSeries && key !== "_OTHER _OTHER") return this.#of("_OTHER", "_OTHER");
    const { LatencyHistogram: Histogram } =
      lazyModule<typeof import("../metrics/latency-histogram.ts")>("metrics/latency-histogram");
    const isStatus = /^\d+$/.test(outcome);
    series = {
      labels: {
        "victor.client": this.#client,
        "http.request.method": method,
        [isStatus ? "http.response.status_code" : "error.type"]: outcome,
      },
      seconds: new Histogram(),
    };
    this.#series.set(key, series);
    return series;
  }
}
