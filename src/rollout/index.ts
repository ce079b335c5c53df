export type { RolloutArm } from "./arm.ts";
export type {
  BenefitGoal,
  CheckGuardrail,
  ErrorGuardrail,
  Guardrail,
  LatencyGuardrail,
  RolloutSample,
  StalenessGuardrail,
  StalenessSource,
  ValueGuardrail,
} from "./guardrail.ts";
export type { ArmEvents, RollbackFigures } from "./rollback-figures.ts";
export { Rollout } from "./rollout.ts";
export type { RolloutCall } from "./rollout-call.ts";
export type { RolloutEvent } from "./rollout-event.ts";
export type { OptimizationOptions, RolloutOptions } from "./rollout-options.ts";
export type {
  ArmStatus,
  GuardrailStatus,
  OptimizationStatus,
  RolloutCounts,
  RolloutState,
} from "./rollout-status.ts";
export type { RolloutKey } from "./share-switch.ts";
export type { TruthSamplerOptions } from "./truth-options.ts";
export { TruthSampler, type TruthStats, truthSampler } from "./truth-sampler.ts";
export type { Variants } from "./variant-calls.ts";
