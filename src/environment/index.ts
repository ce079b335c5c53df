export { type CacheFolder, cacheFolder } from "./cache-folder.ts";
export { type CommandFile, commandFile } from "./command-file.ts";
export { defaultHeap, type MemoryPlan, planMemory } from "./memory-plan.ts";
export { flagsBeforeScript, flagValue, splitNodeOptions } from "./node-options.ts";
export { planPoolThreads } from "./pool-plan.ts";
export { planRun, type RunFacts, type RunPlan, type RunStep, type RunWishes } from "./run-plan.ts";
export { type ProgramStart, startProgram } from "./start-program.ts";
