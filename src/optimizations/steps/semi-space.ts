import { constrainedMemoryBytes } from "../constrained-memory.ts";
import { isWorkerThread } from "../main-thread.ts";
import type { OptimizationStep, StepReport, StepState } from "../step.ts";

const flag = /--(?:max|min)[-_]semi[-_]space[-_]size\b/;
const mebibyte = 2 ** 20;

/**
 * A larger young generation: fewer short collections and less that grows old too early. V8 fixes it when it starts, so
 * this step only names the flag; `victor run` sets it.
 */
export const semiSpace: OptimizationStep = {
  id: "semi-space",
  title: "Young generation by the memory allowed",
  risk: "safe",
  apply: () => ({ describe, undo: () => {} }),
};

function describe(): StepReport {
  if (isWorkerThread()) return report("left-alone", "a worker's is set by its resourceLimits");
  if (flag.test([...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ")))
    return report("left-alone", "a flag sets it already");
  const sizeMb = semiSpaceMb(constrainedMemoryBytes());
  return sizeMb === undefined
    ? report("left-alone", "the memory allowed leaves no room for a larger one")
    : report("pending", `only start-up can set it: start with --max-semi-space-size=${sizeMb}`);
}

const report = (state: StepState, reason: string): StepReport => ({ state, reason, changes: [] });

/** @param bytes allowed to the process @returns MiB; `undefined` to leave V8's own 16. Three of them are in use at most */
export function semiSpaceMb(bytes: number): number | undefined {
  if (bytes >= 2048 * mebibyte) return 64;
  return bytes >= 768 * mebibyte ? 32 : undefined;
}
