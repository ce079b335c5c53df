export type { Advice } from "./advice.ts";
export type { AllocationSite } from "./allocation-sites.ts";
export { type RecordProcessOptions, recordProcess } from "./attach-program.ts";
export { type CodePlace, ownerOf } from "./code-place.ts";
export type { Deoptimization } from "./deopt-trace.ts";
export type { FlameTree } from "./flame-tree.ts";
export type { HotFunction } from "./hot-functions.ts";
export { keptProfiles } from "./kept-profiles.ts";
export type { LoopBlock } from "./loop-blocks.ts";
export { type RecordingOptions, recordingDefaults } from "./profile-options.ts";
export { analyseProgram, type ProgramProfile, type ThreadProfile } from "./program-profile.ts";
export { type ProgramRun, type RecordProgramOptions, recordProgram } from "./record-program.ts";
export type {
  AllocationNode,
  CallFrame,
  CpuProfile,
  GcTotals,
  LoopDelay,
  ProgramRecording,
  ThreadRecording,
  ThreadSegment,
  ThreadState,
} from "./recorded-thread.ts";
