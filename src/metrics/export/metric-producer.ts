import { setImmediate as nextTurn } from "node:timers/promises";
import { knownKeys, oneOf, rejectType } from "../../options.ts";
import { addPoint, type EpochTime, emptyMetric, type HistogramForm, type MetricData } from "./metric-data.ts";
import { type SampledRegistry, samplesInSteps } from "./samples-in-steps.ts";
import { SeriesStarts } from "./series-starts.ts";

export interface MetricProducerOptions {
  /**
   * `explicit`: the fixed bounds that `prometheusText` has, too, which every backend understands. `exponential`: up to
   * 160 buckets, as fine as what was recorded; for backends that take them (Prometheus as native histograms).
   * @default "explicit"
   */
  readonly histograms?: HistogramForm | undefined;
}

/** What a collection gives, in the shape of `CollectionResult` of `@opentelemetry/sdk-metrics`. */
export interface ProducedMetrics {
  readonly resourceMetrics: {
    /** A reader takes its own in place of it. */
    readonly resource: EmptyResource;
    readonly scopeMetrics: { readonly scope: { readonly name: string }; readonly metrics: MetricData[] }[];
  };
  readonly errors: unknown[];
}

/** Says nothing of who sends. */
export interface EmptyResource {
  readonly attributes: Record<string, never>;
  merge<R>(other: R | null): R | EmptyResource;
  getRawAttributes(): [];
}

/** Fits `metricProducers` of a `MetricReader` of `@opentelemetry/sdk-metrics` 2 and 3. */
export interface RegistryMetricProducer {
  collect(): Promise<ProducedMetrics>;
}

const emptyResource: EmptyResource = Object.freeze({
  attributes: {},
  merge: <R>(other: R | null): R | EmptyResource => other ?? emptyResource,
  getRawAttributes: (): [] => [],
});

/** How long a collection may hold the event loop at a time. */
const turnMs = 5;

/**
 * All series of a registry for OpenTelemetry's SDK, histograms as histograms, with their names, UCUM units and labels as
 * they are:
 *
 * ```ts
 * new PeriodicExportingMetricReader({ exporter, metricProducers: [metricProducer(registry)] });
 * ```
 * Sums are cumulative and doubles. A series begins with the process; one that falls begins anew at that moment. A
 * series that is gone is no longer told. Nothing runs between collections, so there is nothing to close.
 * @throws {TypeError | RangeError} when the registry or an option is not valid
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#metricproducer
 */
export function metricProducer(
  registry: SampledRegistry,
  options: MetricProducerOptions = {},
): RegistryMetricProducer {
  if (typeof registry?.collect !== "function") rejectType("registry", "a MetricRegistry", registry);
  knownKeys("metricProducer", options, ["histograms"]);
  const form = oneOf("histograms", options.histograms ?? "explicit", ["explicit", "exponential"] as const);
  const starts = new SeriesStarts();
  let last: Promise<unknown> = Promise.resolve();
  return {
    collect(): Promise<ProducedMetrics> {
      // One after the other, where several readers share it: an older collection must not look like a fall.
      const next = last.then(() => produce(registry, form, starts));
      last = next.catch(() => undefined);
      return next;
    },
  };
}

async function produce(
  registry: SampledRegistry,
  form: HistogramForm,
  starts: SeriesStarts,
): Promise<ProducedMetrics> {
  const endTime = epochTime(Date.now());
  const metrics = new Map<string, MetricData>();
  const errors: unknown[] = [];
  let turnEndsAt = performance.now() + turnMs;
  starts.begin();
  for (const sample of samplesInSteps(registry)) {
    const key = `${sample.type} ${sample.name} ${sample.unit}`;
    const metric = metrics.get(key) ?? emptyMetric(sample, form);
    metrics.set(key, metric);
    try {
      addPoint(metric, sample, starts.startOf(sample, endTime), endTime);
    } catch (error) {
      // A histogram of another's making; the others are none the worse for it.
      errors.push(error);
    }
    if (performance.now() >= turnEndsAt) {
      await nextTurn();
      turnEndsAt = performance.now() + turnMs;
    }
  }
  starts.end();
  const told = [...metrics.values()].filter(({ dataPoints }) => dataPoints.length > 0);
  const scope = { name: "victor-optimizations" };
  return { resourceMetrics: { resource: emptyResource, scopeMetrics: [{ scope, metrics: told }] }, errors };
}

/** @param epochMs milliseconds since 1970 */
function epochTime(epochMs: number): EpochTime {
  const seconds = Math.floor(epochMs / 1000);
  const nanos = Math.round((epochMs - seconds * 1000) * 1e6);
  return nanos < 1e9 ? [seconds, nanos] : [seconds + 1, 0];
}
