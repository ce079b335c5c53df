import { inspect } from "node:util";
import { bucketBounds } from "./bucket-bounds.ts";
import type { Exemplar } from "./exemplar.ts";
import type { Family } from "./family.ts";
import { escapeLine, escapeQuoted, labelText } from "./label-text.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import type { HistogramSnapshot, MetricSample } from "./metric.ts";
import { unitSuffix } from "./prometheus-name.ts";

/** `text` is Prometheus' own 0.0.4, `openmetrics` is OpenMetrics 1.0. */
export type ExpositionFormat = "text" | "openmetrics";

/** What to serve each format with. */
export const contentTypes: Readonly<Record<ExpositionFormat, string>> = Object.freeze({
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
});

/** What stands at the end of all. */
export const endText: Readonly<Record<ExpositionFormat, string>> = Object.freeze({
  text: "",
  openmetrics: "# EOF\n",
});

/** The lines that describe a family, before its samples. */
export function familyText(family: Family, help: string, format: ExpositionFormat): string {
  const { type } = family;
  if (format === "text")
    return `${help && `# HELP ${family.name} ${escapeLine(help)}\n`}# TYPE ${family.name} ${type}\n`;
  const name = type === "counter" ? family.name.replace(/_total$/, "") : family.name;
  const unit = unitSuffix(type, family.unit);
  const isNamed = unit !== "" && name.endsWith(`_${unit}`);
  return (
    `# TYPE ${name} ${type}\n${isNamed ? `# UNIT ${name} ${unit}\n` : ""}` +
    (help && `# HELP ${name} ${escapeQuoted(help)}\n`)
  );
}

/**
 * The lines of one sample.
 * @param isLasting the sample's labels object comes again
 * @throws {TypeError} when a source gave what can't be written
 */
export function sampleText(
  sample: MetricSample,
  { name }: Family,
  isLasting: boolean,
  format: ExpositionFormat,
): string {
  const labels = labelText(sample.labels, isLasting);
  if (sample.type === "histogram") return histogramText(name, labels, sample.histogram, sample.unit, format);
  const { type, value, exemplar } = sample;
  const shown = type === "counter" && format === "openmetrics" && exemplar ? exemplarText(exemplar) : "";
  return `${name}${braced(labels)} ${number(value)}${shown}\n`;
}

/** Shared by all: more bounds than any unit has. */
const scratch = new Float64Array(64);

function histogramText(
  name: string,
  labels: string,
  histogram: HistogramSnapshot,
  unit: string | undefined,
  format: ExpositionFormat,
): string {
  const bounds = bucketBounds(unit);
  if (histogram instanceof LatencyHistogram) histogram.countsAtOrBelow(bounds, scratch);
  else
    for (let i = 0; i < bounds.length; i++) scratch[i] = checkedNumber(histogram.countAtOrBelow(bounds[i]!));
  const exemplars = format === "openmetrics" ? exemplarTexts(histogram, bounds) : undefined;
  const ends = boundTexts(bounds, format);
  const start = `${name}_bucket{${labels}${labels && ","}le="`;
  const count = number(histogram.count);
  let text = "";
  for (let i = 0; i < bounds.length; i++)
    text += `${start}${ends[i]!}${number(scratch[i]!)}${exemplars?.[i] ?? ""}\n`;
  const own = braced(labels);
  return `${text}${start}+Inf"} ${count}${exemplars?.[bounds.length] ?? ""}\n${name}_sum${own} ${number(histogram.sum)}\n${name}_count${own} ${count}\n`;
}

/** The latest exemplar of each bucket, the last of all being that of `+Inf`. */
function exemplarTexts(
  histogram: HistogramSnapshot,
  bounds: readonly number[],
): readonly (string | undefined)[] | undefined {
  let latest: (Exemplar | undefined)[] | undefined;
  for (const exemplar of histogram.exemplars?.() ?? []) {
    latest ??= [];
    const above = bounds.findIndex((bound) => exemplar.value <= bound);
    const bucket = above < 0 ? bounds.length : above;
    if (!(latest[bucket] && latest[bucket].unixMs > exemplar.unixMs)) latest[bucket] = exemplar;
  }
  return latest && Array.from(latest, (exemplar) => exemplar && exemplarText(exemplar));
}

function exemplarText({ labels, value, unixMs }: Exemplar): string {
  return ` # {${labelText(labels, false)}} ${number(value)} ${checkedNumber(unixMs / 1000).toFixed(3)}`;
}

const textsOfBounds: Record<ExpositionFormat, WeakMap<readonly number[], readonly string[]>> = {
  text: new WeakMap(),
  openmetrics: new WeakMap(),
};

/** Each bound with all that follows it, up to the count. */
function boundTexts(bounds: readonly number[], format: ExpositionFormat): readonly string[] {
  let texts = textsOfBounds[format].get(bounds);
  if (texts === undefined) {
    texts = bounds.map((bound) => `${format === "text" ? number(bound) : canonical(bound)}"} `);
    textsOfBounds[format].set(bounds, texts);
  }
  return texts;
}

/**
 * A bound as OpenMetrics wants it, so that the same number is always the same label: `1.0`, `0.001`, `1e-05`, `1e+06`.
 * @param bound finite
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers
 */
export function canonical(bound: number): string {
  const [digits = "", exponent = ""] = bound.toExponential().split("e");
  const power = Number(exponent);
  if (bound !== 0 && (power < -4 || power >= 6))
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  const plain = String(bound);
  return plain.includes(".") ? plain : `${plain}.0`;
}

const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`);

/** @throws {TypeError} when a source gives anything else */
function checkedNumber(value: number): number {
  if (typeof value !== "number")
    throw new TypeError(`expected a number, got ${inspect(value, { depth: 0 })}`);
  return value;
}

function number(value: number): string {
  checkedNumber(value);
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}
