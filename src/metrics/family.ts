import type { Labels, MetricSample } from "./metric.ts";
import { prometheusLabel, prometheusName } from "./prometheus-name.ts";

/** What all series of a metric have in common. */
export interface Family {
  readonly type: MetricSample["type"];
  readonly unit: string | undefined;
  /** As Prometheus has it: a counter's ends in `_total`. */
  readonly name: string;
}

export function familyOf(type: MetricSample["type"], name: string, unit: string | undefined): Family {
  return { type, unit, name: prometheusName(type, name, unit) };
}

/** All names that a family takes in one output or another. No other family may have any of them. */
export function takenNames({ type, name }: Family): readonly string[] {
  // OpenMetrics describes a counter without its ending, so that name is taken as well.
  if (type === "counter") return [name, name.replace(/_total$/, "")];
  return type === "histogram" ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

/** The same for the same labels, in whatever order they stand. */
export function seriesKey(name: string, labels: Labels): string {
  const entries = Object.entries(labels)
    .map(([label, value]) => `${prometheusLabel(label)}=${JSON.stringify(value)}`)
    .sort();
  return entries.length === 0 ? name : `${name}{${entries.join(",")}}`;
}
