import { type Exposed, expositionTexts } from "./exposition.ts";
import { contentTypes, type ExpositionFormat } from "./exposition-format.ts";

/** The `Content-Type` to serve `prometheusText` with. */
export const prometheusContentType: string = contentTypes.text;
/** The `Content-Type` to serve `openMetricsText` with. */
export const openMetricsContentType: string = contentTypes.openmetrics;

/**
 * All metrics of a registry in Prometheus' text format 0.0.4.
 * Histograms are written with 18 fixed bounds from 1 µs to 10 s where their unit is a time, otherwise with the powers
 * of four up to 2³⁰; a bucket's count is exact for a bound that is off by at most 1 %.
 * A source with a sample that can't be written is left out, as one is that throws.
 * All is written at once, which takes a while where there are thousands of series: `metricsHandler` goes in steps.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function prometheusText(registry: Exposed): string {
  return whole(registry, "text");
}

/**
 * All metrics of a registry in OpenMetrics 1.0: as `prometheusText`, with units and exemplars, and `# EOF` at the end.
 * `_created` isn't written: Prometheus takes it for one more series of each.
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function openMetricsText(registry: Exposed): string {
  return whole(registry, "openmetrics");
}

function whole(registry: Exposed, format: ExpositionFormat): string {
  return Array.from(expositionTexts(registry, format)).join("");
}
