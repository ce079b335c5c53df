import type { Arm } from "../../../src/measure/index.ts";

/** Does nothing, so that a round's time is the runner's own. */
export function setup(): Arm {
  return { run() {} };
}
