import { detectableRatio, holm, median, pairedRatio, type Verdict } from "../measure/index.ts";
import type { Metric, MetricId, MetricUnit, RunFigures } from "./metric.ts";

/**
 * A difference is claimed when its p-value, corrected for all metrics of the family, is below this. Stricter than the
 * customary 0.05, so that of a hundred comparisons of a program with itself, five or more false alarms are an exception
 * and not the rule.
 */
export const familyLevel = 0.02;

/** One metric of two arms. Ratios are b / a: 0.8 is a fifth less of it in b. */
export interface MetricComparison {
  readonly id: MetricId;
  readonly title: string;
  readonly unit: MetricUnit;
  readonly better: Metric["better"];
  /** Medians over the processes. */
  readonly a: number;
  readonly b: number;
  readonly ratio: number;
  /** 95 % interval of the ratio, of this metric by itself. */
  readonly low: number;
  readonly high: number;
  readonly pValue: number;
  /** Corrected for the family, by Holm. */
  readonly adjustedPValue: number;
  /** Of b. */
  readonly verdict: Verdict;
  /** True ratio that so many pairs, scattered as these are, would have shown nine times of ten: 1.05 for 5 %. */
  readonly detectableRatio: number;
  readonly pairs: number;
}

/** Figures of two arms by round: `a[i]` and `b[i]` ran side by side. */
export interface PairedRuns {
  readonly a: readonly RunFigures[];
  readonly b: readonly RunFigures[];
}

/**
 * Compares arms, all in one family of claims: the chance of any false one among them stays below `familyLevel`.
 * A metric that lacks in a run is compared over the other pairs; it is left out with fewer than two, and when no run
 * reaches its floor (no error in any arm, say).
 * @returns per comparison, its metrics in the given order
 */
export function judge(families: readonly PairedRuns[], metrics: readonly Metric[]): MetricComparison[][] {
  const estimates = families.map((runs) => metrics.flatMap((metric) => estimate(runs, metric)));
  const adjusted = holm(estimates.flat().map(({ pValue }) => pValue));
  let next = 0;
  return estimates.map((rows) =>
    rows.map((row) => {
      const adjustedPValue = adjusted[next++]!;
      return {
        ...row.comparison,
        adjustedPValue,
        verdict: verdictOf(row.comparison, adjustedPValue),
        detectableRatio: detectableRatio(row.b, row.a, familyLevel / adjusted.length),
      };
    }),
  );
}

function estimate(runs: PairedRuns, metric: Metric) {
  const pairs = runs.a.flatMap((run, i): [number, number][] => {
    const [a, b] = [run[metric.id], runs.b[i]?.[metric.id]];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
  if (pairs.length < 2 || pairs.every(([a, b]) => a <= metric.floor && b <= metric.floor)) return [];
  const [a, b] = [0, 1].map((side) => pairs.map((pair) => Math.max(metric.floor, pair[side]!))) as [
    number[],
    number[],
  ];
  const { ratio, low, high, pValue } = pairedRatio(b, a);
  const { id, title, unit, better } = metric;
  const medians = { a: median(pairs.map(([value]) => value)), b: median(pairs.map(([, value]) => value)) };
  const comparison = { id, title, unit, better, ...medians, ratio, low, high, pValue, pairs: pairs.length };
  return [{ comparison, pValue, a, b }];
}

function verdictOf(
  { better, ratio }: Pick<MetricComparison, "better" | "ratio">,
  adjustedPValue: number,
): Verdict {
  if (!(adjustedPValue < familyLevel)) return "no difference shown";
  return ratio < 1 === (better === "less") ? "better" : "worse";
}

/**
 * Metrics that are shown to be worse, and by more than a share.
 * @param share 0.05 for 5 %
 */
export function regressions(metrics: readonly MetricComparison[], share: number): MetricComparison[] {
  return metrics.filter(({ verdict, better, ratio }) => {
    const factor = better === "less" ? ratio : 1 / ratio;
    return verdict === "worse" && factor > 1 + share;
  });
}
