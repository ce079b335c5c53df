export type { AppliedOptimizations } from "./applied-optimizations.ts";
export { applyAllOptimizations, optimizationSteps } from "./apply-all.ts";
export { type OptimizationsOptions, optimizationsDefaults } from "./options.ts";
export type {
  RolledOutStep,
  StepOptions,
  StepRolloutOptions,
  StepRolloutSettings,
} from "./rolled-out-steps.ts";
export type { OptimizationsStatus, StepStatus } from "./status.ts";
export type { StepReport, StepRisk, StepState } from "./step.ts";
