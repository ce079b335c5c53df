import type { Labels, MetricSample } from "../../metrics/metric.ts";
import { type Bucket, BucketHistogram } from "./bucket-histogram.ts";

interface Line {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

interface HistogramParts {
  readonly name: string;
  readonly labels: Labels;
  readonly buckets: Bucket[];
  count: number;
  sum: number;
}

/**
 * Reads what a metrics endpoint says, in Prometheus' text format 0.0.4 or in OpenMetrics 1.0. Series of a type that has
 * no place here (summaries, unknown ones) become gauges, or counters where their name says so.
 * @returns samples under the names that the text has, without units
 * @throws {SyntaxError} with the number of the line that is none
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function expositionSamples(text: string, more: Labels = {}): readonly MetricSample[] {
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  const samples: MetricSample[] = [];
  const histograms = new Map<string, HistogramParts>();
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "") continue;
    if (line.startsWith("#")) {
      const [, keyword, name = "", rest = ""] = /^#\s+(TYPE|HELP)\s+(\S+)\s?(.*)$/.exec(line) ?? [];
      if (keyword === "TYPE") types.set(name, rest);
      else if (keyword === "HELP")
        helps.set(
          name,
          rest.replace(/\\(.)/g, (_, sign) => (sign === "n" ? "\n" : sign)),
        );
      continue;
    }
    const read = readLine(line);
    if (read === undefined) throw new SyntaxError(`line ${index + 1} is no sample: ${line.slice(0, 80)}`);
    const { name, value } = read;
    const family = name.replace(/_(bucket|sum|count|total|created)$/, "");
    if (types.get(family) === "histogram" && family !== name) {
      if (!name.endsWith("_created")) addPart(histograms, family, read, more);
      continue;
    }
    const type = types.get(name) ?? types.get(family);
    const isSummary = type === "summary" && /_(sum|count)$/.test(name);
    const help = helps.get(name) ?? helps.get(family) ?? "";
    const labels = { ...read.labels, ...more };
    samples.push({ type: type === "counter" || isSummary ? "counter" : "gauge", name, help, labels, value });
  }
  for (const { name, labels, buckets, count, sum } of histograms.values()) {
    const histogram = new BucketHistogram(buckets, count, sum);
    samples.push({ type: "histogram", name, help: helps.get(name) ?? "", labels, histogram });
  }
  return samples;
}

function addPart(
  histograms: Map<string, HistogramParts>,
  family: string,
  { name, labels: given, value }: Line,
  more: Labels,
): void {
  const { le, ...own } = given;
  const key = `${family} ${JSON.stringify(Object.entries(own).sort())}`;
  let parts = histograms.get(key);
  if (parts === undefined) {
    parts = { name: family, labels: { ...own, ...more }, buckets: [], count: 0, sum: 0 };
    histograms.set(key, parts);
  }
  if (name.endsWith("_sum")) parts.sum = value;
  else if (name.endsWith("_count")) parts.count = value;
  else parts.buckets.push({ bound: numberOf(le ?? ""), count: value });
}

const pair = /([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,\s*)?/y;

function readLine(line: string): Line | undefined {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  if (name === undefined) return undefined;
  let at = name.length;
  const labels: [string, string][] = [];
  if (line[at] === "{") {
    at++;
    for (;;) {
      pair.lastIndex = at;
      const found = pair.exec(line);
      if (found === null) break;
      const [whole, label = "", value = ""] = found;
      labels.push([label, value.replace(/\\(.)/g, (_, sign) => (sign === "n" ? "\n" : sign))]);
      at += whole.length;
    }
    if (line[at] !== "}") return undefined;
    at++;
  }
  // A timestamp and an exemplar may follow.
  const value = /^\s*(\S+)(\s+-?[\d.]+(?:e[+-]?\d+)?)?\s*(#.*)?$/i.exec(line.slice(at))?.[1];
  if (value === undefined || !/^([+-]?(inf|\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan)$/i.test(value)) return undefined;
  return { name, labels: Object.fromEntries(labels), value: numberOf(value) };
}

function numberOf(text: string): number {
  if (/^\+?inf/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf/i.test(text)) return Number.NEGATIVE_INFINITY;
  return Number(text);
}
