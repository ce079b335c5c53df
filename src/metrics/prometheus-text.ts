import { inspect } from "node:util";
import type { HistogramSnapshot, Labels, MetricSample } from "./metric.ts";
import { prometheusLabel, prometheusName } from "./prometheus-name.ts";
import type { MetricRegistry } from "./registry.ts";

/** The `Content-Type` to serve `prometheusText` with. */
export const prometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

/** From a cached read to a slow report; a database that answers in microseconds is in sight, too. */
const secondsBounds = Object.freeze([
  0.000_001, 0.000_01, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
  1, 2.5, 5, 10,
]);
const secondsPer: Readonly<Record<string, number>> = Object.freeze({ s: 1, ms: 1e3, us: 1e6, ns: 1e9 });
/** Sizes and counts: 1, 4, 16, … 4¹⁵ = 2³⁰. */
const plainBounds = Object.freeze(Array.from({ length: 16 }, (_, power) => 4 ** power));

const boundsOfUnit = new Map<string, readonly number[]>();
function boundsFor(unit = ""): readonly number[] {
  const per = Object.hasOwn(secondsPer, unit) ? secondsPer[unit]! : undefined;
  if (per === undefined) return plainBounds;
  const known = boundsOfUnit.get(unit);
  if (known) return known;
  const bounds = secondsBounds.map((seconds) => Number((seconds * per).toPrecision(3)));
  boundsOfUnit.set(unit, bounds);
  return bounds;
}

/**
 * All metrics of a registry in Prometheus' text format 0.0.4.
 * Histograms are written with 18 fixed bounds from 1 µs to 10 s where their unit is a time, otherwise with the powers
 * of four up to 2³⁰; a bucket's count is exact for a bound that is off by at most 1 %.
 * A source with a sample that can't be written is left out, as one is that throws.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function prometheusText(registry: Pick<MetricRegistry, "collect">): string {
  const families = new Map<string, MetricSample[]>();
  const written = new Map<MetricSample, readonly string[]>();
  const write = (sample: MetricSample): void => void written.set(sample, sampleLines(sample));
  for (const sample of registry.collect(write)) {
    const name = prometheusName(sample.type, sample.name, sample.unit);
    const family = families.get(name);
    if (family) family.push(sample);
    else families.set(name, [sample]);
  }
  const lines: string[] = [];
  for (const [name, samples] of families) {
    const { help, type } = samples[0]!;
    if (help !== "") lines.push(`# HELP ${name} ${escapeHelp(help)}`);
    lines.push(`# TYPE ${name} ${type}`);
    for (const sample of samples) lines.push(...written.get(sample)!);
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function sampleLines(sample: MetricSample): string[] {
  const name = prometheusName(sample.type, sample.name, sample.unit);
  const labels = labelPairs(sample.labels);
  return sample.type === "histogram"
    ? histogramLines(name, labels, sample.histogram, boundsFor(sample.unit))
    : [`${name}${braced(labels)} ${number(sample.value)}`];
}

function histogramLines(
  name: string,
  labels: string,
  histogram: HistogramSnapshot,
  bounds: readonly number[],
): string[] {
  const lines: string[] = [];
  const before = labels === "" ? "" : `${labels},`;
  for (const bound of bounds)
    lines.push(`${name}_bucket{${before}le="${number(bound)}"} ${number(histogram.countAtOrBelow(bound))}`);
  lines.push(`${name}_bucket{${before}le="+Inf"} ${number(histogram.count)}`);
  lines.push(`${name}_sum${braced(labels)} ${number(histogram.sum)}`);
  lines.push(`${name}_count${braced(labels)} ${number(histogram.count)}`);
  return lines;
}

function labelPairs(labels: Labels): string {
  const values = new Map<string, string>();
  for (const [label, value] of Object.entries(labels)) {
    const name = prometheusLabel(label);
    const taken = values.get(name);
    // Two names that are written alike: OpenTelemetry says to join their values.
    values.set(name, taken === undefined ? String(value) : `${taken};${value}`);
  }
  return Array.from(values, ([name, value]) => `${name}="${escapeValue(value)}"`).join(",");
}

const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`);

const escapeHelp = (text: string): string =>
  text.toWellFormed().replace(/[\\\n]/g, (char) => (char === "\n" ? "\\n" : "\\\\"));
const escapeValue = (text: string): string =>
  text.toWellFormed().replace(/[\\\n"]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`));

/** @throws {TypeError} when a source's histogram gives anything else */
function number(value: number): string {
  if (typeof value !== "number")
    throw new TypeError(`expected a number, got ${inspect(value, { depth: 0 })}`);
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}
