import { integer, knownKeys, reject } from "../options.ts";
import type { Labels } from "./metric.ts";
import { prometheusLabel } from "./prometheus-name.ts";
import { SeriesIndex } from "./series-index.ts";

/** What an instrument is called and how far it may spread. */
export interface InstrumentOptions {
  /** One sentence for people. @default "" */
  readonly help?: string | undefined;
  /** UCUM: `s`, `By`, `1`, `{request}`. @default none */
  readonly unit?: string | undefined;
  /** The names of the labels that `bind` takes. @default none */
  readonly labels?: readonly string[] | undefined;
  /** Distinct label values told apart; all beyond share one series, `otel.metric.overflow="true"`. ≥ 1. @default 1000 */
  readonly maxSeries?: number | undefined;
}

const known = ["help", "unit", "labels", "maxSeries"];

/** OpenTelemetry's syntax of an instrument's name. */
const validName = /^[A-Za-z][\w.\-/]{0,254}$/;
const validLabel = /^[A-Za-z_][\w.]*$/;

/** OpenTelemetry's name for the series of all that came after the bound. */
const overflowLabels: Labels = Object.freeze({ "otel.metric.overflow": "true" });

/** One series, with the labels that it was bound with. */
export interface BoundSeries<Series> {
  /** The same object as long as the series lives. */
  readonly labels: Labels;
  readonly series: Series;
}

/** A metric with its series, one for each combination of label values. */
export class Instrument<Series> {
  readonly name: string;
  readonly help: string;
  readonly unit: string | undefined;
  readonly #labelNames: readonly string[];
  readonly #maxSeries: number;
  readonly #create: () => Series;
  readonly #all: BoundSeries<Series>[] = [];
  /** Of an instrument without labels: there is but one series. */
  #only: Series | undefined;
  readonly #index: SeriesIndex<Series> | undefined;
  #overflow: BoundSeries<Series> | undefined;
  #overflowed = 0;

  /** @throws {TypeError | RangeError} when the name, a label or an option is not valid */
  constructor(name: string, options: InstrumentOptions, create: () => Series) {
    if (typeof name !== "string" || !validName.test(name))
      reject("metric name", "a letter, then at most 254 letters, digits or _ . - /", name);
    knownKeys(`metric ${name}`, options, known);
    const { help = "", unit, labels = [], maxSeries = 1000 } = options;
    this.name = name;
    this.help = help;
    this.unit = unit;
    this.#labelNames = checkedLabels(name, labels);
    this.#maxSeries = integer(`metric ${name}: maxSeries`, maxSeries, 1);
    this.#create = create;
    if (labels.length > 0) this.#index = new SeriesIndex(this.#labelNames);
  }

  /**
   * The series of these label values, the same one each time. Bind once and keep it where speed counts; a call costs
   * some 20 ns with three labels written in the order of the instrument's, twice that in another.
   * @throws {TypeError} when the labels are not exactly those of the instrument, or a value is not a string
   */
  bind(labels: Labels = {}): Series {
    return this.#index?.find(labels) ?? this.#bindCarefully(labels);
  }

  /** Calls of `bind` that got the shared series, because there were `maxSeries` others. */
  get overflowed(): number {
    return this.#overflowed;
  }

  /** All series bound so far. */
  *series(): Iterable<BoundSeries<Series>> {
    yield* this.#all;
    if (this.#overflow !== undefined) yield this.#overflow;
  }

  #bindCarefully(labels: Labels): Series {
    const values = this.#valuesOf(labels);
    const known = this.#index ? this.#index.findValues(values) : this.#only;
    if (known !== undefined) return known;
    if (this.#all.length >= this.#maxSeries) {
      this.#overflowed++;
      this.#overflow ??= { labels: overflowLabels, series: this.#create() };
      return this.#overflow.series;
    }
    const series = this.#create();
    const own = Object.freeze(Object.fromEntries(this.#labelNames.map((label, i) => [label, values[i]!])));
    this.#all.push({ labels: own, series });
    if (this.#index) this.#index.add(values, series);
    else this.#only = series;
    return series;
  }

  #valuesOf(labels: Labels): string[] {
    const values = this.#labelNames.map((label) => {
      const value = Object.hasOwn(labels, label) ? labels[label] : undefined;
      if (typeof value !== "string")
        throw new TypeError(
          `metric ${this.name}: expected a string for label "${label}", got ${typeof value}`,
        );
      return value;
    });
    for (const label of Object.keys(labels))
      if (!this.#labelNames.includes(label))
        throw new TypeError(
          `metric ${this.name}: unknown label "${label}"; known are ${this.#labelNames.join(", ") || "none"}`,
        );
    return values;
  }
}

function checkedLabels(metric: string, labels: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  for (const label of labels) {
    const where = `metric ${metric}: label`;
    if (typeof label !== "string" || !validLabel.test(label) || label.startsWith("__"))
      reject(where, "a letter or one _, then letters, digits, _ or .", label);
    const written = prometheusLabel(label);
    if (written === "le" || written === "quantile")
      reject(where, "a name that Prometheus does not reserve", label);
    if (written === "otel_metric_overflow")
      reject(where, "a name that is not of the series beyond maxSeries", label);
    if (seen.has(written)) reject(where, "names that differ once dots are written as _", label);
    seen.add(written);
  }
  return [...labels];
}
