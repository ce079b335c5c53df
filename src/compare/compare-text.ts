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
