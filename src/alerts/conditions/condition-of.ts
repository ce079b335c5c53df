import type { AlertRule } from "../rule.ts";
import type { Condition } from "../tick.ts";
import { AbsenceCondition } from "./absence.ts";
import { BurnRateCondition } from "./burn-rate.ts";
import { DegradationCondition } from "./degradation.ts";
import { RatioCondition } from "./ratio.ts";
import { ThresholdCondition } from "./threshold.ts";

/** @param rule checked already */
export function conditionOf(rule: AlertRule, maxSeries: number): Condition {
  switch (rule.kind) {
    case "threshold":
      return new ThresholdCondition(rule, maxSeries);
    case "ratio":
      return new RatioCondition(rule, maxSeries);
    case "absence":
      return new AbsenceCondition(rule);
    case "burn-rate":
      return new BurnRateCondition(rule, maxSeries);
    case "degradation":
      return new DegradationCondition(rule, maxSeries);
  }
}
