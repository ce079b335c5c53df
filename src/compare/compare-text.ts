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

/** "better in latency, p50 (−20.0 %), and worse in start-up (+9.10 %)"; empty where nothing is shown. */
export function outcomeText(metrics: readonly MetricComparison[]): string {
  const list = (verdict: MetricComparison["verdict"]) =>
    metrics
      .filter((metric) => metric.verdict === verdict)
      .map((metric) => `${metric.title} (${changeText(metric)})`)
      .join(", ");
  const [better, worse] = [list("better"), list("worse")];
  return [better && `better in ${better}`, worse && `worse in ${worse}`].filter(Boolean).join(", and ");
}

/** A change that is worth knowing of. */
const tellingRatio = 1.05;
export const tellingShare = "5 %";
/** Where more would be needed, nobody waits for them. */
export const mostRounds = 1000;

/** The metric by which it is told whether there were rounds enough. */
export const tellingMetric = (metrics: readonly MetricComparison[]): MetricComparison | undefined =>
  metrics.find(({ id }) => id === "latencyP50" || id === "wallTime");

/** How many rounds would show such a change in nine of ten cases; as many as there were where one is shown. */
export function roundsNeeded({ verdict, detectableRatio, pairs }: MetricComparison): number {
  if (verdict !== "no difference shown" || detectableRatio <= tellingRatio) return pairs;
  return Math.ceil(pairs * (Math.log(detectableRatio) / Math.log(tellingRatio)) ** 2);
}

/** How many rounds there would have to be to show 5 %; `undefined` when there were enough, or none would be. */
export function roundsAdvice(metrics: readonly MetricComparison[]): string | undefined {
  const metric = tellingMetric(metrics);
  if (metric === undefined) return undefined;
  const needed = roundsNeeded(metric);
  if (needed <= metric.pairs || needed > mostRounds) return undefined;
  return `to show a difference of ${tellingShare} in ${metric.title}, about ${needed} rounds are needed on this machine (--rounds)`;
}
