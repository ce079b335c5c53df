import { cgroupLimits } from "../../measure/cgroup-limits.ts";
import { lazyModule } from "../lazy-module.ts";
import { isWorkerThread } from "../main-thread.ts";
import { type OptimizationStep, unchanged } from "../step.ts";

const variable = "UV_THREADPOOL_SIZE";
/** libuv's own. */
const usual = 4;

/**
 * As many threads in libuv's pool (files, DNS, compression, cryptography) as the processors that the control group
 * allows, when they are more than libuv's 4. Only before the pool's first use, which `--import` is.
 */
export const threadPool: OptimizationStep = {
  id: "thread-pool",
  title: "libuv's thread pool by the processors allowed",
  risk: "safe",
  apply() {
    if (isWorkerThread()) return unchanged("left-alone", "the pool belongs to the main thread");
    const given = process.env[variable];
    if (given !== undefined) return unchanged("left-alone", `${variable}=${given} is set from outside`);
    const cpus = allowedCpus();
    if (cpus <= usual)
      return unchanged("left-alone", `libuv's ${usual} threads suffice for the ${cpus} processors allowed`);
    const { sizeLibuvThreads } =
      lazyModule<typeof import("../../concurrency/libuv-threads.ts")>("concurrency/libuv-threads");
    const { effect, threads } = sizeLibuvThreads(cpus);
    if (effect === "already started")
      return unchanged("pending", `the pool runs with ${threads} threads; start with ${variable}=${cpus}`);
    // Once started, the pool keeps its size, and nobody has to see or inherit the variable.
    if (effect === "applied") delete process.env[variable];
    return {
      describe: () => ({
        state: "applied",
        reason:
          effect === "applied"
            ? `the pool was started with ${cpus} threads`
            : `the pool will start with ${cpus} threads, if it wasn't used before`,
        changes: effect === "applied" ? ["libuv's thread pool"] : [`process.env.${variable}`],
      }),
      // Threads once started stay.
      undo() {
        if (process.env[variable] === String(cpus)) delete process.env[variable];
      },
    };
  },
};

function allowedCpus(): number {
  const { availableParallelism } = process.getBuiltinModule("node:os");
  const cpus = availableParallelism();
  // Reading the control group's files takes longer than all else here.
  if (cpus <= usual) return cpus;
  return Math.max(1, Math.floor(Math.min(cpus, cgroupLimits(textOf)?.cpus ?? cpus)));
}

function textOf(path: string): string | undefined {
  try {
    return process.getBuiltinModule("node:fs").readFileSync(path, "utf8");
  } catch {
    // No such file: not Linux, or the other version of control groups.
    return undefined;
  }
}
