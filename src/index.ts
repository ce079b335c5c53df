export * from "./alerts/index.ts";
export * from "./algorithms/index.ts";
export * from "./concurrency/index.ts";
// Both rooms have an `Engine`; the one that runs statements keeps the name here.
export type { Engine } from "./database/index.ts";
export * from "./database/index.ts";
export * from "./errors.ts";
export * from "./kernels/index.ts";
export * from "./measure/index.ts";
export * from "./memory/index.ts";
export * from "./metrics/index.ts";
export * from "./network/index.ts";
export * from "./report/index.ts";
export * from "./tools/index.ts";
