import type { MetricSample } from "../../metric.ts";
import { prometheusLabel, prometheusName } from "../../prometheus-name.ts";

/** A metric as a dashboard or a rule needs to know it. */
export interface MetricDescription {
  readonly type: "counter" | "gauge" | "histogram";
  /** As the source has it: `db.client.operation.duration`. */
  readonly name: string;
  /** UCUM; "" for none. */
  readonly unit: string;
  readonly help: string;
  /** Names of its labels, as Prometheus writes them, in alphabetical order. */
  readonly labels: readonly string[];
  /** As Prometheus writes it, without `_bucket`, `_sum` or `_count`: `db_client_operation_duration_seconds`. */
  readonly written: string;
}

/** All metrics of a registry, in order of their names, with all labels that any series has. */
export function metricList(registry: { collect(): readonly MetricSample[] }): readonly MetricDescription[] {
  const found = new Map<string, MetricDescription>();
  for (const { type, name, unit = "", help, labels } of registry.collect()) {
    const written = prometheusName(type, name, unit);
    const known = found.get(written);
    const names = new Set([...(known?.labels ?? []), ...Object.keys(labels).map(prometheusLabel)]);
    found.set(written, { type, name, unit, help, written, labels: [...names].sort() });
  }
  return [...found.values()].sort((a, b) => (a.written < b.written ? -1 : 1));
}
