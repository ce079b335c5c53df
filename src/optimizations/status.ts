import type { SlowQuery } from "../database/monitoring/query-metrics.ts";
import type { OptimizationStatus } from "../rollout/rollout-status.ts";
import type { StepReport, StepRisk } from "./step.ts";

/** One step's part of the status. */
export interface StepStatus extends StepReport {
  readonly id: string;
  readonly title: string;
  readonly risk: StepRisk;
  /** Shares, outcomes and guardrails of a step that is rolled out; `undefined` of others. */
  readonly rollout: OptimizationStatus | undefined;
}

/** What was applied, what was left alone, and why. */
export interface OptimizationsStatus {
  readonly pid: number;
  /** False once closed; then the steps are `off`. */
  readonly isActive: boolean;
  readonly steps: readonly StepStatus[];
  /** Where metrics are served; `undefined` where no port was asked for, or not yet. */
  readonly metricsUrl: string | undefined;
  /** Why they couldn't be. */
  readonly metricsError: string | undefined;
  /** The slowest statements seen so far, slowest first; values of parameters are never kept. */
  readonly slowQueries: readonly SlowQuery[];
  /** Options of later calls of `applyAllOptimizations`, which changed nothing. */
  readonly ignoredOptions: readonly string[];
}
