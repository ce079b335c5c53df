export type { Arm, ArmSetup, ArmSpec } from "./arm.ts";
export type { ArmResult } from "./arm-result.ts";
export {
  type BootstrapOptions,
  bootstrapDefaults,
  bootstrapRatio,
  type RatioEstimate,
  type Samples,
} from "./bootstrap-ratio.ts";
export type { CgroupLimits } from "./cgroup-limits.ts";
export { type Comparison, compareArms } from "./comparison.ts";
export { type ChangePoint, type EDivisiveOptions, eDivisive, eDivisiveDefaults } from "./e-divisive.ts";
export { type Environment, environment, formatEnvironment } from "./environment.ts";
export { formatDuration, formatFigure, formatRatio } from "./figure-format.ts";
export { holm } from "./holm.ts";
export { type Measurement, measureInterleaved } from "./interleaved.ts";
export { LevelShift, type LevelShiftOptions, levelShiftDefaults } from "./level-shift.ts";
export { type MannWhitneyResult, mannWhitney } from "./mann-whitney.ts";
export { type MeasureOptions, type MeasureProgress, measureDefaults } from "./measure-options.ts";
export { mad, median, quantile } from "./order-statistics.ts";
export {
  detectableRatio,
  type PairedRatioOptions,
  pairedRatio,
  pairedRatioDefaults,
} from "./paired-ratio.ts";
export {
  ProportionShift,
  type ProportionShiftOptions,
  proportionShiftDefaults,
} from "./proportion-shift.ts";
export { type Random, seededRandom, shuffled } from "./random.ts";
export type { OpenShift, ShiftDirection, ShiftEvent } from "./shift.ts";
export { markdownTable } from "./table.ts";
export { type Verdict, verdict } from "./verdict.ts";
