import type { Labels } from "./metric.ts";
import { prometheusLabel } from "./prometheus-name.ts";

/** One measured value, with what leads to its trace. */
export interface Exemplar {
  /** Such as `trace_id` and `span_id`. */
  readonly labels: Labels;
  /** In the unit of its metric. */
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly unixMs: number;
}

/** What OpenMetrics allows for names and values of an exemplar's labels together. */
const maxCharacters = 128;

/**
 * @returns a copy that the caller can't change any more; `undefined` when there are no labels, one is no string, or
 * they have more than 128 characters together, which OpenMetrics forbids
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars
 */
export function exemplarOf(labels: Labels, value: number, unixMs: number): Exemplar | undefined {
  if (typeof labels !== "object" || labels === null) return undefined;
  const entries = Object.entries(labels);
  let characters = 0;
  for (const [name, text] of entries) {
    if (typeof text !== "string") return undefined;
    characters += prometheusLabel(name).length + text.length;
  }
  if (entries.length === 0 || characters > maxCharacters || !Number.isFinite(unixMs)) return undefined;
  return { labels: Object.fromEntries(entries), value, unixMs };
}
