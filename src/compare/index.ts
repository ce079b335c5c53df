export {
  type AppliedStep,
  type CompareDocument,
  type ComparedProgram,
  type ComparedRun,
  compareSchemaVersion,
  type ProgramComparison,
} from "./compare-document.ts";
export { type CompareOptions, compareDefaults } from "./compare-options.ts";
export { comparePrograms } from "./compare-programs.ts";
export { familyLevel, type MetricComparison, regressions } from "./judge.ts";
export type { LoadContext } from "./load/load-target.ts";
export type { MetricId, MetricUnit, RunFigures } from "./metric.ts";
export { type CompareFormat, compareFormats, renderComparison } from "./render-compare.ts";
