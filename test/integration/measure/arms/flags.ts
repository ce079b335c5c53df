import type { Arm } from "../../../../src/measure/index.ts";

/** Answers with the flags of its own Node. */
export function setup(): Arm {
  return { run() {}, answer: () => process.execArgv };
}
