import { formatDuration, formatFigure } from "../measure/index.ts";
import type { MetricComparison } from "./judge.ts";
import type { MetricUnit } from "./metric.ts";

/** A figure with its unit: "1.23 ms", "45.6 MiB", "2.10 %". */
export function valueText(unit: MetricUnit, value: number): string {
  switch (unit) {
    case "ms":
      return formatDuration(value * 1e6);
    case "perSecond":
      return `${formatFigure(value)}/s`;
    case "bytes":
      return `${formatFigure(value / 2 ** 20)} MiB`;
    case "share":
      return `${formatFigure(100 * value)} %`;
  }
}

/** "0.812", "47.6", "<0.001": near 1 a thousandth counts. */
export function timesText(ratio: number): string {
  if (ratio < 0.001) return "<0.001";
  if (ratio < 10) return ratio.toFixed(3);
  return ratio > 9999 ? ">9999" : formatFigure(ratio);
}

/** "0.812× [0.790, 0.834]" */
export const intervalText = ({ ratio, low, high }: MetricComparison): string =>
  `${timesText(ratio)}× [${timesText(low)}, ${timesText(high)}]`;

/** "−18.8 %" */
export function changeText({ ratio }: MetricComparison): string {
  const change = 100 * (ratio - 1);
  return `${change < 0 ? "−" : "+"}${formatFigure(Math.abs(change))} %`;
}

/** What the measurement could have shown, in nine of ten cases. */
export function detectableText(metric: MetricComparison): string {
  if (metric.detectableRatio > 2) return "too scattered, or too few rounds, to have shown a doubling";
  return `${leastText(metric)} would have been`;
}

/** The least change that the measurement would have shown in nine of ten cases: "4.00 %", "more than 2×". */
export function leastText({ detectableRatio }: MetricComparison): string {
  if (detectableRatio > 2) return "more than 2×";
  return `${formatFigure(Math.max(0.1, 100 * (detectableRatio - 1)))} %`;
}

/** How much more of it there would have to be to show 5 %; `undefined` when it was enough. */
export function roundsAdvice(metrics: readonly MetricComparison[]): string | undefined {
  const metric = metrics.find(({ id }) => id === "latencyP50" || id === "wallTime");
  if (metric === undefined || metric.verdict !== "no difference shown" || metric.detectableRatio <= 1.05)
    return undefined;
  const times = (Math.log(metric.detectableRatio) / Math.log(1.05)) ** 2;
  const needed = metric.pairs * times;
  if (needed > 1000) return undefined;
  return `to show a difference of 5 % in ${metric.title}, about ${Math.ceil(needed)} rounds are needed on this machine (--rounds)`;
}
