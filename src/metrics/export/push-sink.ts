import { reject, rejectType } from "../../options.ts";
import type { MetricSample } from "../metric.ts";
import type { PushStats } from "./push-loop.ts";
import type { PushOptions } from "./push-options.ts";

/** Counts of a sink. */
export interface SinkStats extends PushStats {
  /** Points that can't be sent at all: their name is longer than the server takes. */
  readonly refusedPoints: number;
}

/** @throws {TypeError | RangeError} when one of them isn't what it should be */
export function checkedTarget(options: PushOptions): Required<Pick<PushOptions, "registry">> & {
  readonly host: string;
  readonly prefix: string;
} {
  const { registry, host = "127.0.0.1", prefix = "" } = options;
  if (typeof registry?.collect !== "function") rejectType("registry", "a MetricRegistry", registry);
  if (typeof host !== "string" || !/^[A-Za-z0-9._:-]{1,253}$/.test(host))
    reject("host", "a host name or an address", host);
  if (typeof prefix !== "string" || !/^$|^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(prefix))
    reject("prefix", "letters, digits, _ and -, with single dots between", prefix);
  return { registry, host, prefix };
}

/** A sink's metrics about itself. */
export function* sinkSamples(sink: string, stats: SinkStats): Iterable<MetricSample> {
  const labels = { sink };
  const counter = (what: string, unit: string, help: string, value: number, more = {}): MetricSample => ({
    type: "counter",
    name: `victor.metrics.export.${what}`,
    help,
    unit,
    labels: { ...labels, ...more },
    value,
  });
  const pushes = "Pushes, by what became of them.";
  yield counter("pushes", "{push}", pushes, stats.pushes, { outcome: "sent" });
  yield counter("pushes", "{push}", pushes, stats.failures, { outcome: "failed" });
  yield counter("pushes", "{push}", pushes, stats.skipped, { outcome: "skipped" });
  yield counter("sent", "{point}", "Points handed to the system.", stats.sentPoints);
  yield counter("sent.size", "By", "Bytes handed to the system.", stats.sentBytes);
  const dropped = "Points that were given up.";
  yield counter("dropped", "{point}", dropped, stats.droppedPoints, { reason: "unsent" });
  yield counter("dropped", "{point}", dropped, stats.refusedPoints, { reason: "too_long" });
  yield {
    type: "gauge",
    name: "victor.metrics.export.buffer.size",
    help: "Bytes that wait for the server.",
    unit: "By",
    labels,
    value: stats.bufferedBytes,
  };
}
