import type { Labels } from "../metrics/index.ts";

export type Severity = "info" | "warning" | "critical";

/** Which series of the registry, and what of them. */
export interface MetricSelector {
  /** Its name in the registry, such as `http.client.request.duration`. */
  readonly metric: string;
  /** Labels that a series must have, each with this value; it may have others. @default {} */
  readonly labels?: Labels | undefined;
  /** Of a histogram, the quantile of what was recorded within the window, 0 to 1; without it, how many a second. */
  readonly quantile?: number | undefined;
  /** Of a histogram, only values above this, in its unit: `{ metric: "….duration", recordedAbove: 0.3 }` counts slow calls. */
  readonly recordedAbove?: number | undefined;
}

/** Which series, of what can be summed. */
export type CountSelector = Omit<MetricSelector, "quantile">;

/** What all rules have. */
interface RuleBase {
  /** Unique in a monitor, 1 to 200 characters. */
  readonly name: string;
  /** @default "warning" */
  readonly severity?: Severity | undefined;
  /** How long the condition must have been seen to hold before it fires, ms. @default 0 */
  readonly forMs?: number | undefined;
  /** How long it must have been seen to be over before it resolves, ms. @default 0 */
  readonly resolveForMs?: number | undefined;
}

/** Where a value is bad. Exactly one of the two. */
interface Bounds {
  /** Bad when the value is above this. */
  readonly above?: number | undefined;
  /** Bad when the value is below this. */
  readonly below?: number | undefined;
  /** Over only when the value is at this or on its good side: hysteresis. @default the bound itself */
  readonly resolveAt?: number | undefined;
}

/**
 * A series is beyond a bound: a gauge by its value, a counter by its rate a second, a histogram by a quantile or by its
 * rate. Each series that is selected alerts for itself.
 */
export interface ThresholdRule extends RuleBase, MetricSelector, Bounds {
  readonly kind: "threshold";
  /** Rates and quantiles are taken over so long, ms; at least one interval. @default one interval */
  readonly overMs?: number | undefined;
}

/** The sum of some series by the sum of others is beyond a bound. Counters and histograms count by their increase. */
export interface RatioRule extends RuleBase, Bounds {
  readonly kind: "ratio";
  readonly numerator: CountSelector;
  readonly denominator: CountSelector;
  /** Increases are taken over so long, ms; at least one interval. @default one interval */
  readonly overMs?: number | undefined;
  /** A smaller denominator says nothing, ≥ 0. @default 0, which is never divided by */
  readonly minDenominator?: number | undefined;
}

/** No series is selected, or all are NaN. Give it a `forMs`, for what starts after the monitor. */
export interface AbsenceRule extends RuleBase {
  readonly kind: "absence";
  readonly metric: string;
  /** @default {} */
  readonly labels?: Labels | undefined;
}

/** Both windows must burn the error budget at least so fast. */
export interface BurnWindow {
  /** ms */
  readonly longMs: number;
  /** ms, shorter than `longMs`; it ends the alert soon after the errors end. */
  readonly shortMs: number;
  /** Times the rate that uses up the budget exactly at the end of the objective's period. */
  readonly factor: number;
}

/**
 * The error budget of a service-level objective burns too fast, by pairs of a long and a short window.
 * burn rate = (bad / total) / (1 − objective). A monitor that started within the window judges by what it has seen.
 * @see Google, The Site Reliability Workbook, chapter 5, "6: Multiwindow, Multi-Burn-Rate Alerts"
 */
export interface BurnRateRule extends RuleBase {
  readonly kind: "burn-rate";
  /** Share of good events, 0 to 1, both excluded: 0.999. */
  readonly objective: number;
  readonly total: CountSelector;
  /** Exactly one of `bad` and `good`. */
  readonly bad?: CountSelector | undefined;
  readonly good?: CountSelector | undefined;
  /** 1 to 10. @default 14.4 × in 1 h and 5 min; 6 × in 6 h and 30 min */
  readonly windows?: readonly BurnWindow[] | undefined;
  /** Fewer events in the short window say nothing, ≥ 1. @default 10 */
  readonly minEvents?: number | undefined;
}

/**
 * The level of a series has shifted, by change-point detection: see `LevelShift`, and `ProportionShift` where `of` is
 * given. It resolves when the level comes back, or after 3600 samples, when it is taken as the new baseline. A gauge
 * gives a sample at each look, so one that is set more rarely should be looked at more rarely.
 * Each series that is selected alerts for itself.
 */
export interface DegradationRule extends RuleBase, MetricSelector {
  readonly kind: "degradation";
  /** Which way is bad. */
  readonly direction: "up" | "down" | "both";
  /** The counter's share of this one's increase, series by series of the same labels: an error rate, or a hit rate. */
  readonly of?: CountSelector | undefined;
  /** Like `of`, where the total is the two together, as of hits and misses. */
  readonly against?: CountSelector | undefined;
  /** Smallest relative change told. @default 0.2 */
  readonly minChange?: number | undefined;
  /** Smallest difference of a share told. @default 0.01 */
  readonly minDifference?: number | undefined;
  /** Samples from one false alarm to the next, of each series. @default 10_000_000 */
  readonly falseAlarmSamples?: number | undefined;
  /** Fewest events of one sample; intervals are taken together until there are so many, ≥ 1. @default 20 */
  readonly minEvents?: number | undefined;
}

/** Plain data: may come from a JSON file. */
export type AlertRule = ThresholdRule | RatioRule | AbsenceRule | BurnRateRule | DegradationRule;

/** Of Google's workbook: 2 % of a 30-day budget in an hour, 5 % in six. */
export const workbookWindows: readonly BurnWindow[] = Object.freeze([
  Object.freeze({ longMs: 3_600_000, shortMs: 300_000, factor: 14.4 }),
  Object.freeze({ longMs: 21_600_000, shortMs: 1_800_000, factor: 6 }),
]);

/** Names of the metrics that a rule looks at. */
export function metricsOf(rule: AlertRule): string[] {
  const selectors =
    rule.kind === "ratio"
      ? [rule.numerator, rule.denominator]
      : rule.kind === "burn-rate"
        ? [rule.total, rule.bad, rule.good]
        : rule.kind === "degradation"
          ? [rule, rule.of, rule.against]
          : [rule];
  return selectors.flatMap((selector) => (selector === undefined ? [] : [selector.metric]));
}
