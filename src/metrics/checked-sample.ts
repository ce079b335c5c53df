import { inspect } from "node:util";
import type { HistogramSnapshot, Labels, MetricSample } from "./metric.ts";

/**
 * A source's sample with the labels of its registration, made sure of: sources may be of other hands, and not typed.
 * @throws {TypeError} naming the sample, what was expected and what came
 */
export function checked(sample: MetricSample, labels: Labels): MetricSample {
  const { type, name, unit } = sample;
  const help = sample.help ?? "";
  if (typeof name !== "string" || name === "") throw new TypeError("sample: expected a name");
  const refuse = (what: string, value: unknown): never => {
    throw new TypeError(`sample ${name}: expected ${what}, got ${inspect(value, { depth: 0 })}`);
  };
  if (typeof help !== "string") refuse("help as a string", help);
  if (unit !== undefined && typeof unit !== "string") refuse("unit as a string", unit);
  const own = { ...sample.labels };
  for (const [label, value] of Object.entries(own))
    if (typeof value !== "string") refuse(`label ${label} as a string`, value);
  const all = { ...own, ...labels };
  const common = { name, help, ...(unit !== undefined && { unit }), labels: all };
  // Prometheus' own: a scraper that meets one of them twice, or where it has no place, refuses all of the text.
  if (Object.hasOwn(all, "__name__")) refuse("no label __name__", all.__name__);
  if (type === "histogram") {
    const { histogram } = sample;
    if (!isSnapshot(histogram)) return refuse("a histogram", histogram);
    if (Object.hasOwn(all, "le")) refuse("a histogram without a label le", all.le);
    return { type, ...common, histogram };
  }
  if (type !== "counter" && type !== "gauge") return refuse("type counter, gauge or histogram", type);
  const { value, exemplar } = sample;
  if (typeof value !== "number") refuse("a number", value);
  return { type, ...common, value, ...(exemplar !== undefined && { exemplar }) };
}

function isSnapshot(histogram: Partial<HistogramSnapshot> | undefined): histogram is HistogramSnapshot {
  return (
    typeof histogram?.countAtOrBelow === "function" &&
    typeof histogram.quantile === "function" &&
    typeof histogram.count === "number" &&
    typeof histogram.sum === "number"
  );
}
