import type { TextTable } from "../report/row-tables.ts";
import type { ProgramComparison } from "./compare-document.ts";
import { changeText, detectableText, intervalText, leastText, timesText, valueText } from "./compare-text.ts";
import type { MetricComparison } from "./judge.ts";

/** All of two programs in one table, as a page has room for it. */
export function metricTable({ a, b, metrics }: ProgramComparison): TextTable {
  return {
    headers: ["metric", a, b, `${b} ÷ ${a} [95 % interval]`, "verdict"],
    rows: metrics.map((metric) => [
      metric.title,
      valueText(metric.unit, metric.a),
      valueText(metric.unit, metric.b),
      intervalText(metric),
      verdictText(metric),
    ]),
  };
}

/** The figures, and what was shown of them. */
export function figureTable({ a, b, metrics }: ProgramComparison): TextTable {
  return {
    headers: ["metric", a, b, "verdict"],
    rows: metrics.map((metric) => [
      metric.title,
      valueText(metric.unit, metric.a),
      valueText(metric.unit, metric.b),
      shortVerdict(metric),
    ]),
  };
}

/** The ratios, and what could have been shown of them. */
export function ratioTable({ a, b, metrics }: ProgramComparison): TextTable {
  return {
    headers: ["metric", `${b} ÷ ${a}`, "95 % interval", "would be shown"],
    rows: metrics.map((metric) => [metric.title, ...ratioCells(metric)]),
  };
}

/** The ratios of one optimization by itself, and what was and could have been shown of them. */
export function stepTable({ a, metrics }: ProgramComparison): TextTable {
  return {
    headers: ["metric", `÷ ${a}`, "95 % interval", "would be shown", "verdict"],
    rows: metrics.map((metric) => [metric.title, ...ratioCells(metric), shortVerdict(metric)]),
  };
}

const ratioCells = (metric: MetricComparison): string[] => [
  `${timesText(metric.ratio)}×`,
  `${timesText(metric.low)} to ${timesText(metric.high)}`,
  leastText(metric),
];

const shortVerdict = (metric: MetricComparison): string =>
  isShown(metric) ? verdictText(metric) : metric.verdict;

/** "better: −20.0 %", or what the measurement could have shown. */
export function verdictText(metric: MetricComparison): string {
  if (isShown(metric)) return `${metric.verdict}: ${changeText(metric)}`;
  return `no difference shown (${detectableText(metric)})`;
}

export const isShown = ({ verdict }: MetricComparison): boolean => verdict !== "no difference shown";
