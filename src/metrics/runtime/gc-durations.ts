import { LatencyHistogram } from "../latency-histogram.ts";
import type { MetricSample } from "../metric.ts";
import { gcKinds, observeGc } from "./gc-observer.ts";

/** How long garbage collections of this thread took, by kind, from now on. */
export class GcDurations {
  readonly #seconds = new Map(gcKinds.map((kind) => [kind, new LatencyHistogram()]));
  readonly #end = observeGc(({ kind, durationMs }) => this.#seconds.get(kind)?.record(durationMs / 1000));

  *samples(): Iterable<MetricSample> {
    for (const [kind, seconds] of this.#seconds)
      yield {
        type: "histogram",
        name: "v8js.gc.duration",
        unit: "s",
        help: "Pauses for garbage collection.",
        labels: { "v8js.gc.type": kind },
        histogram: seconds.snapshot(),
      };
  }

  close(): void {
    this.#end();
  }
}
