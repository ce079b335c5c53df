export * from "./alerts/index.ts";
export * from "./algorithms/index.ts";
export * from "./concurrency/index.ts";
export * from "./dashboard/index.ts";
// Two rooms have an `Engine`, two a `LeakReport`; those of the database keep their names here.
export type { Engine, LeakReport } from "./database/index.ts";
export * from "./database/index.ts";
export * from "./errors.ts";
export * from "./kernels/index.ts";
export * from "./measure/index.ts";
export type { LeakReport as HeapLeakReport } from "./memory/index.ts";
export * from "./memory/index.ts";
export * from "./metrics/index.ts";
export * from "./network/index.ts";
export * from "./profiler/index.ts";
export * from "./report/index.ts";
export * from "./tools/index.ts";
