import { planMemory } from "../../environment/memory-plan.ts";
import { containerMemoryBytes } from "../container-memory.ts";
import { isWorkerThread } from "../main-thread.ts";
import type { OptimizationStep, StepReport, StepState } from "../step.ts";

const flag = /--(?:max|min)[-_]semi[-_]space[-_]size\b/;

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
  const { semiSpaceMib } = planMemory(containerMemoryBytes());
  return semiSpaceMib === undefined
    ? report("left-alone", "Node's own choice suits the memory allowed")
    : report("pending", `only start-up can set it: start with --max-semi-space-size=${semiSpaceMib}`);
}

const report = (state: StepState, reason: string): StepReport => ({ state, reason, changes: [] });
