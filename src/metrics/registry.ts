import { inspect } from "node:util";
import { checked } from "./checked-sample.ts";
import { Counter } from "./counter.ts";
import { Gauge } from "./gauge.ts";
import { Instrument, type InstrumentOptions } from "./instrument.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import type { Labels, MetricSample, MetricSource } from "./metric.ts";
import { prometheusLabel, prometheusName } from "./prometheus-name.ts";

type SampleType = MetricSample["type"];

interface Registration {
  readonly source: MetricSource;
  readonly labels: Labels;
  /** Name and labels, for people and as key. */
  readonly title: string;
  errors: number;
  dropped: number;
}

/**
 * Where all metrics meet: instruments of its own, and the sources that are asked at collection.
 * No source can spoil a collection. One that throws is left out of it and counted in `victor.metrics.source.errors`
 * (with a process warning the first time); a sample whose series another has given already, or whose name another
 * uses for another type, is left out and counted in `victor.metrics.samples.dropped`.
 */
export class MetricRegistry {
  readonly #sources = new Map<string, Registration>();
  readonly #names = new Set<string>();
  readonly #counters: Instrument<Counter>[] = [];
  readonly #gauges: Instrument<Gauge>[] = [];
  readonly #histograms: Instrument<LatencyHistogram>[] = [];

  /**
   * Asks `source` at each collection, from now on.
   * @param labels added to all its samples; they tell two sources of one name apart
   * @throws {TypeError} when it is no source, or one of that name and labels is registered
   */
  register(source: MetricSource, labels: Labels = {}): void {
    if (typeof source?.name !== "string" || typeof source.collect !== "function")
      throw new TypeError("register: expected a source with a name and a collect function");
    for (const known of this.#sources.values())
      if (known.source === source)
        throw new TypeError(`register: source ${known.title} is registered already`);
    const title = seriesKey(source.name, labels);
    if (this.#sources.has(title))
      throw new TypeError(
        `register: another source ${title} is registered; give one of them labels of its own, as in ` +
          'register(source, { instance: "orders" })',
      );
    this.#sources.set(title, { source, labels: { ...labels }, title, errors: 0, dropped: 0 });
  }

  /** @returns false when it was not registered */
  unregister(source: MetricSource): boolean {
    for (const { source: known, title } of this.#sources.values())
      if (known === source) return this.#sources.delete(title);
    return false;
  }

  /** @throws {TypeError | RangeError} when the name is taken or anything is not valid */
  counter(name: string, options: InstrumentOptions = {}): Instrument<Counter> {
    return this.#add("counter", this.#counters, new Instrument(name, options, () => new Counter()));
  }
  /** @throws {TypeError | RangeError} when the name is taken or anything is not valid */
  gauge(name: string, options: InstrumentOptions = {}): Instrument<Gauge> {
    return this.#add("gauge", this.#gauges, new Instrument(name, options, () => new Gauge()));
  }
  /** @throws {TypeError | RangeError} when the name is taken or anything is not valid */
  histogram(name: string, options: InstrumentOptions = {}): Instrument<LatencyHistogram> {
    return this.#add(
      "histogram",
      this.#histograms,
      new Instrument(name, options, () => new LatencyHistogram()),
    );
  }

  /**
   * All series as they are now. No two are alike, and none is lost to another's error.
   * @param read what the caller makes of each sample; where it throws, the sample's source is at fault and left out
   */
  collect(read: (sample: MetricSample) => void = () => undefined): readonly MetricSample[] {
    const collection = new Collection();
    const addOwn = (sample: MetricSample): void => {
      read(sample);
      collection.add(sample);
    };
    for (const sample of this.#ownSamples()) addOwn(sample);
    for (const registration of this.#sources.values()) {
      try {
        // All before any: what a source gave before it threw may be half the truth.
        const samples = Array.from(registration.source.collect(), (given) => {
          const sample = checked(given, registration.labels);
          read(sample);
          return sample;
        });
        for (const sample of samples) if (!collection.add(sample)) registration.dropped++;
      } catch (error) {
        if (registration.errors++ === 0) warn(registration, error);
      }
    }
    for (const sample of this.#selfSamples()) addOwn(sample);
    return collection.samples;
  }

  #add<S>(type: SampleType, to: Instrument<S>[], instrument: Instrument<S>): Instrument<S> {
    const names = writtenNames(type, instrument.name, instrument.unit);
    const taken = names.find((name) => this.#names.has(name));
    if (taken !== undefined)
      throw new TypeError(`metric ${instrument.name}: another metric is written as ${taken} already`);
    for (const name of names) this.#names.add(name);
    to.push(instrument);
    return instrument;
  }

  *#ownSamples(): Iterable<MetricSample> {
    for (const instrument of this.#counters)
      for (const { labels, series } of instrument.series())
        yield { type: "counter", ...described(instrument), labels, value: series.value };
    for (const instrument of this.#gauges)
      for (const { labels, series } of instrument.series())
        yield { type: "gauge", ...described(instrument), labels, value: series.value };
    for (const instrument of this.#histograms)
      for (const { labels, series } of instrument.series())
        yield { type: "histogram", ...described(instrument), labels, histogram: series.snapshot() };
  }

  *#selfSamples(): Iterable<MetricSample> {
    for (const { title, errors, dropped } of this.#sources.values()) {
      const labels = { source: title };
      yield selfCounter("source.errors", "Collections at which the source threw.", labels, errors);
      if (dropped > 0)
        yield selfCounter("samples.dropped", "Samples that clashed with another's.", labels, dropped);
    }
    for (const instrument of [...this.#counters, ...this.#histograms]) {
      let rejected = 0;
      for (const { series } of instrument.series()) rejected += series.rejected;
      const labels = { metric: instrument.name };
      if (rejected > 0)
        yield selfCounter("values.rejected", "Values that were NaN, infinite or negative.", labels, rejected);
    }
  }
}

/** Samples in order of arrival, without those that clash. */
class Collection {
  readonly samples: MetricSample[] = [];
  readonly #series = new Set<string>();
  /** Every name that the output will have, to the family that owns it. */
  readonly #owners = new Map<string, string>();

  /** @returns false when the sample clashes with one before it */
  add(sample: MetricSample): boolean {
    const { type, name, unit } = sample;
    const names = writtenNames(type, name, unit);
    const family = `${type} ${names[0]}`;
    if (names.some((written) => (this.#owners.get(written) ?? family) !== family)) return false;
    const key = seriesKey(family, sample.labels);
    if (this.#series.has(key)) return false;
    for (const written of names) this.#owners.set(written, family);
    this.#series.add(key);
    this.samples.push(sample);
    return true;
  }
}

function writtenNames(type: SampleType, name: string, unit: string | undefined): string[] {
  const written = prometheusName(type, name, unit);
  return type === "histogram"
    ? [written, `${written}_bucket`, `${written}_sum`, `${written}_count`]
    : [written];
}

/** The same for the same labels, in whatever order they stand. */
function seriesKey(name: string, labels: Labels): string {
  const entries = Object.entries(labels)
    .map(([label, value]) => `${prometheusLabel(label)}=${JSON.stringify(value)}`)
    .sort();
  return entries.length === 0 ? name : `${name}{${entries.join(",")}}`;
}

const described = ({ name, help, unit }: Pick<Instrument<unknown>, "name" | "help" | "unit">) =>
  unit === undefined ? { name, help } : { name, help, unit };

const selfCounter = (what: string, help: string, labels: Labels, value: number): MetricSample => ({
  type: "counter",
  name: `victor.metrics.${what}`,
  help,
  labels,
  value,
});

function warn({ title }: Registration, error: unknown): void {
  const what = error instanceof Error ? error.message : inspect(error);
  process.emitWarning(`metric source ${title} failed and is left out: ${what}`, {
    code: "VICTOR_METRIC_SOURCE",
  });
}
