import { integer, knownKeys, reject } from "../options.ts";
import type { Labels } from "./metric.ts";
import { prometheusLabel } from "./prometheus-name.ts";

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

/** A metric with its series, one for each combination of label values. */
export class Instrument<Series> {
  readonly name: string;
  readonly help: string;
  readonly unit: string | undefined;
  readonly #labelNames: readonly string[];
  readonly #maxSeries: number;
  readonly #create: () => Series;
  readonly #series = new Map<string, { readonly labels: Labels; readonly series: Series }>();
  #overflow: Series | undefined;

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
  }

  /**
   * The series of these label values, the same one each time. Bind once and keep it.
   * @throws {TypeError} when the labels are not exactly those of the instrument, or a value is not a string
   */
  bind(labels: Labels = {}): Series {
    const values = this.#labelNames.map((label) => {
      const value = labels[label];
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
    const key = JSON.stringify(values);
    const known = this.#series.get(key);
    if (known) return known.series;
    if (this.#series.size >= this.#maxSeries) {
      this.#overflow ??= this.#create();
      return this.#overflow;
    }
    const series = this.#create();
    const own = Object.freeze(Object.fromEntries(this.#labelNames.map((label, i) => [label, values[i]!])));
    this.#series.set(key, { labels: own, series });
    return series;
  }

  /** All series bound so far. */
  *series(): Iterable<{ readonly labels: Labels; readonly series: Series }> {
    yield* this.#series.values();
    if (this.#overflow !== undefined) yield { labels: overflowLabels, series: this.#overflow };
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
    if (seen.has(written)) reject(where, "names that differ once dots are written as _", label);
    seen.add(written);
  }
  return [...labels];
}
