import { rejectType } from "../../options.ts";
import type { MetricSample } from "../metric.ts";

/** What is used of an observable instrument of `@opentelemetry/api`: nothing but itself. */
type Instrument = object;

interface Observer<I> {
  observe(instrument: I, value: number, attributes?: Record<string, string>): void;
}
type Callback<I> = (observer: Observer<I>) => void;

/** What is used of a `Meter` of `@opentelemetry/api`. */
export interface ObservingMeter<I extends Instrument> {
  createObservableCounter(name: string, options: { description: string; unit: string }): I;
  createObservableGauge(name: string, options: { description: string; unit: string }): I;
  addBatchObservableCallback(callback: Callback<I>, observables: I[]): void;
  removeBatchObservableCallback(callback: Callback<I>, observables: I[]): void;
}

/** One number, with the instrument that tells it. */
interface Observation {
  readonly type: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly unit: string;
  readonly labels: MetricSample["labels"];
  readonly value: number;
}

/**
 * Tells a meter of `@opentelemetry/api` all series of a registry, whenever its provider collects: counters as
 * observable counters, gauges as observable gauges. The API knows no observable histogram, so of these it tells only
 * `NAME.count` and `NAME.sum`, as counters; `metricProducer` tells the whole, and is the better way wherever the
 * SDK's reader is at hand.
 *
 * A metric that appears later is told from the collection after the one that found it. NaN and ±∞ are left out. Once
 * the provider is shut down it doesn't collect; what is told goes nowhere.
 * @returns ends it; calling it twice does nothing
 * @throws {TypeError} when the registry or the meter is none
 */
export function observeRegistry<I extends Instrument>(
  registry: { collect(): readonly MetricSample[] },
  meter: ObservingMeter<I>,
): () => void {
  if (typeof registry?.collect !== "function") rejectType("registry", "a MetricRegistry", registry);
  if (typeof meter?.addBatchObservableCallback !== "function") rejectType("meter", "a Meter", meter);
  const instruments = new Map<string, I>();
  const instrumentOf = ({ type, name, help, unit }: Omit<Observation, "labels" | "value">): I => {
    const key = `${type} ${name} ${unit}`;
    const known = instruments.get(key);
    if (known) return known;
    const options = { description: help, unit };
    const created =
      type === "counter"
        ? meter.createObservableCounter(name, options)
        : meter.createObservableGauge(name, options);
    instruments.set(key, created);
    return created;
  };
  let observed: I[] = [];
  let ended = false;
  const observe: Callback<I> = (observer) => {
    const samples = registry.collect();
    for (const sample of samples)
      for (const { labels, value, ...metric } of observations(sample))
        if (Number.isFinite(value)) observer.observe(instrumentOf(metric), value, { ...labels });
    observer.observe(instrumentOf(seriesMetric), samples.length);
    // Not here: the provider is walking its list of callbacks.
    if (instruments.size > observed.length) queueMicrotask(watchAll);
  };
  const stop = (): void => meter.removeBatchObservableCallback(observe, observed);
  const watchAll = (): void => {
    if (ended) return;
    if (observed.length > 0) stop();
    observed = [...instruments.values()];
    meter.addBatchObservableCallback(observe, observed);
  };

  instrumentOf(seriesMetric);
  for (const sample of registry.collect()) for (const metric of observations(sample)) instrumentOf(metric);
  watchAll();
  return () => {
    if (!ended) stop();
    ended = true;
  };
}

/** Always there, so that a registry that is empty at first is asked, too. */
const seriesMetric = Object.freeze({
  type: "gauge",
  name: "victor.metrics.export.series",
  help: "Series of the registry at its last collection.",
  unit: "{series}",
});

function observations(sample: MetricSample): Observation[] {
  const { name, help, unit = "", labels } = sample;
  if (sample.type !== "histogram")
    return [{ type: sample.type, name, help, unit, labels, value: sample.value }];
  const { count, sum } = sample.histogram;
  return [
    { type: "counter", name: `${name}.count`, help, unit: "{value}", labels, value: count },
    { type: "counter", name: `${name}.sum`, help, unit, labels, value: sum },
  ];
}
