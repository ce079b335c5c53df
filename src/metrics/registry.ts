import { thrownText } from "../thrown-text.ts";
import { checked } from "./checked-sample.ts";
import { type Collected, Collection } from "./collection.ts";
import { Counter } from "./counter.ts";
import { type Family, familyOf, seriesKey, takenNames } from "./family.ts";
import { Gauge } from "./gauge.ts";
import { Instrument, type InstrumentOptions } from "./instrument.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import type { Labels, MetricSample, MetricSource } from "./metric.ts";

type SampleType = MetricSample["type"];
type ValueOf<Sample> = Sample extends MetricSample
  ? Omit<Sample, "name" | "help" | "unit" | "labels">
  : never;
type SampleValue = ValueOf<MetricSample>;

/** An instrument, as the registry sees it. */
interface OwnMetric {
  readonly family: Family;
  readonly instrument: Instrument<unknown>;
  /** @param isLive histograms themselves, not copies */
  readonly samples: (isLive: boolean) => Iterable<MetricSample>;
}

interface Registration {
  readonly source: MetricSource;
  readonly labels: Labels;
  /** Name and labels, for people and as key. */
  readonly title: string;
  errors: number;
  dropped: number;
  /** Its samples are being taken. */
  isAsked: boolean;
}

/**
 * Where all metrics meet: instruments of its own, and the sources that are asked at collection.
 * No source can spoil a collection. One that throws is left out of it and counted in `victor.metrics.source.errors`
 * (with a process warning the first time); a sample whose series another has given already, or whose name another
 * uses for another type, is left out and counted in `victor.metrics.samples.dropped`. Bindings beyond an instrument's
 * `maxSeries` are counted in `victor.metrics.series.overflowed`.
 */
export class MetricRegistry {
  readonly #sources = new Map<string, Registration>();
  readonly #names = new Set<string>();
  readonly #own: OwnMetric[] = [];

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
    this.#sources.set(title, { source, labels: { ...labels }, title, errors: 0, dropped: 0, isAsked: false });
  }

  /** @returns false when it was not registered */
  unregister(source: MetricSource): boolean {
    for (const { source: known, title } of this.#sources.values())
      if (known === source) return this.#sources.delete(title);
    return false;
  }

  /** @throws {TypeError | RangeError} when the name is taken or anything is not valid */
  counter(name: string, options: InstrumentOptions = {}): Instrument<Counter> {
    const instrument = new Instrument(name, options, () => new Counter());
    return this.#add("counter", instrument, ({ value, exemplar }) => ({
      type: "counter",
      value,
      ...(exemplar !== undefined && { exemplar }),
    }));
  }
  /** @throws {TypeError | RangeError} when the name is taken or anything is not valid */
  gauge(name: string, options: InstrumentOptions = {}): Instrument<Gauge> {
    const instrument = new Instrument(name, options, () => new Gauge());
    return this.#add("gauge", instrument, ({ value }) => ({ type: "gauge", value }));
  }
  /** @throws {TypeError | RangeError} when the name is taken or anything is not valid */
  histogram(name: string, options: InstrumentOptions = {}): Instrument<LatencyHistogram> {
    const instrument = new Instrument(name, options, () => new LatencyHistogram());
    return this.#add("histogram", instrument, (series, isLive) => ({
      type: "histogram",
      histogram: isLive ? series : series.snapshot(),
    }));
  }

  /**
   * All series as they are now, family by family. No two are alike, and none is lost to another's error.
   * @param read what the caller makes of each sample; where it throws, the sample's source is at fault and left out
   */
  collect(read: (sample: MetricSample) => void = () => undefined): readonly MetricSample[] {
    const samples: MetricSample[] = [];
    for (const collected of this.#walk(read, false)) if (collected) samples.push(collected.sample);
    return samples;
  }

  /**
   * As `collect`, in steps between which the caller may do something else: each series is as it is when it is read,
   * all of one source are of one moment, and what is bound or registered meanwhile may be missing.
   * @param read called with live histograms, which mustn't be kept; `isLasting` says that the same labels object comes again
   * @returns yields `undefined` where there is nothing but a chance to pause
   * @internal
   */
  collectInSteps<T>(
    read: (sample: MetricSample, family: Family, isLasting: boolean) => T,
  ): Iterable<Collected<T> | undefined> {
    return this.#walk(read, true);
  }

  *#walk<T>(
    read: (sample: MetricSample, family: Family, isLasting: boolean) => T,
    isLive: boolean,
  ): Generator<Collected<T> | undefined, void> {
    const collection = new Collection<T>();
    const own = [...this.#own];
    for (const { family, instrument } of own)
      collection.claim(family, function* () {
        for (const { labels } of instrument.series()) yield labels;
      });
    const made = (sample: MetricSample): Collected<T> => {
      const family = collection.familyOf(sample);
      return { family, sample, made: read(sample, family, false) };
    };
    for (const registration of [...this.#sources.values()]) {
      try {
        // All before any: what a source gave before it threw may be half the truth.
        const given = samplesOf(registration);
        const all: Collected<T>[] = [];
        for (const sample of given) {
          all.push(made(checked(sample, registration.labels)));
          yield undefined;
        }
        for (const collected of all) if (!collection.add(collected)) registration.dropped++;
      } catch (error) {
        if (registration.errors++ === 0) warn(registration, error);
      }
    }
    for (const sample of this.#selfSamples()) collection.add(made(sample));
    for (const { family, samples } of own) {
      for (const sample of samples(isLive)) yield { family, sample, made: read(sample, family, true) };
      yield* collection.take(family);
    }
    yield* collection.rest();
  }

  #add<S>(
    type: SampleType,
    instrument: Instrument<S>,
    measured: (series: S, isLive: boolean) => SampleValue,
  ): Instrument<S> {
    const family = familyOf(type, instrument.name, instrument.unit);
    const names = takenNames(family);
    const taken = names.find((name) => this.#names.has(name));
    if (taken !== undefined)
      throw new TypeError(`metric ${instrument.name}: another metric is written as ${taken} already`);
    for (const name of names) this.#names.add(name);
    const { name, help, unit } = instrument;
    const described = unit === undefined ? { name, help } : { name, help, unit };
    const samples = function* (isLive: boolean): Iterable<MetricSample> {
      for (const { labels, series } of instrument.series())
        yield { ...described, labels, ...measured(series, isLive) };
    };
    this.#own.push({ family, instrument: instrument as Instrument<unknown>, samples });
    return instrument;
  }

  *#selfSamples(): Iterable<MetricSample> {
    for (const { title, errors, dropped } of this.#sources.values()) {
      const labels = { source: title };
      yield selfCounter("source.errors", "Collections at which the source threw.", labels, errors);
      if (dropped > 0)
        yield selfCounter("samples.dropped", "Samples that clashed with another's.", labels, dropped);
    }
    for (const { instrument } of this.#own) {
      const labels = { metric: instrument.name };
      let rejected = 0;
      for (const { series } of instrument.series()) if (hasRejected(series)) rejected += series.rejected;
      if (rejected > 0)
        yield selfCounter(
          "values.rejected",
          "Values that were no numbers, infinite or negative, and exemplars that no format holds.",
          labels,
          rejected,
        );
      if (instrument.overflowed > 0)
        yield selfCounter(
          "series.overflowed",
          "Bindings beyond maxSeries, which share one series.",
          labels,
          instrument.overflowed,
        );
    }
  }
}

/** @throws {Error} where the source asks a registry that asks it in turn: that would go on as deep as the stack is. */
function samplesOf(registration: Registration): readonly MetricSample[] {
  if (registration.isAsked) throw new Error("it asks the registry that is asking it");
  registration.isAsked = true;
  try {
    return [...registration.source.collect()];
  } finally {
    registration.isAsked = false;
  }
}

const hasRejected = (series: unknown): series is { readonly rejected: number } =>
  series instanceof Counter || series instanceof Gauge || series instanceof LatencyHistogram;

const selfCounter = (what: string, help: string, labels: Labels, value: number): MetricSample => ({
  type: "counter",
  name: `victor.metrics.${what}`,
  help,
  labels,
  value,
});

function warn({ title }: Registration, error: unknown): void {
  process.emitWarning(`metric source ${title} failed and is left out: ${thrownText(error)}`, {
    code: "VICTOR_METRIC_SOURCE",
  });
}
