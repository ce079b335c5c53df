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

/** "0.812× [0.790, 0.834]" */
export const intervalText = ({ ratio, low, high }: MetricComparison): string =>
  `${ratio.toFixed(3)}× [${low.toFixed(3)}, ${high.toFixed(3)}]`;

/** "−18.8 %" */
export function changeText({ ratio }: MetricComparison): string {
  const change = 100 * (ratio - 1);
  return `${change < 0 ? "−" : "+"}${formatFigure(Math.abs(change))} %`;
}

/** What the measurement could have shown, in nine of ten cases. */
export function detectableText({ detectableRatio }: MetricComparison): string {
  if (detectableRatio > 2) return "too scattered, or too few rounds, to have shown a doubling";
  const percent = 100 * (detectableRatio - 1);
  return `${percent < 0.1 ? "0.1" : formatFigure(percent)} % would have been`;
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
