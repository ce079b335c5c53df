import { isTruthCheck, type TruthCheck } from "../algorithms/truth-check.ts";
import { callable, durationMs, integer, knownKeys, oneOf, reject, rejectType } from "../options.ts";
import { lazyModule } from "./lazy-module.ts";
import type { StepRolloutOptions } from "./rolled-out-steps.ts";
import type { StepRisk } from "./step.ts";

/** What `applyAllOptimizations` and a file `victor.config.*` take. */
export interface OptimizationsOptions {
  /** `safe` steps, `none`, or exactly those whose ids are listed; opt-in steps come only by their id. @default "safe" */
  readonly optimizations?: "safe" | "none" | readonly string[] | undefined;
  /** Ids of steps that stay off, whatever else is said. @default [] */
  readonly disable?: readonly string[] | undefined;
  /** For how long an answer of `dns.lookup` is used again, milliseconds from 0 to 60000. @default 2000 */
  readonly dnsTtlMs?: number | undefined;
  /** Statements that take at least so long are kept among the slow ones, milliseconds; `Infinity` for none. @default 100 */
  readonly slowQueryMs?: number | undefined;
  /** Serves all metrics at this port of 127.0.0.1, in the main thread alone; 0 takes a free one. @default no port */
  readonly metricsPort?: number | undefined;
  /**
   * Where `status()` is written as JSON, with the time as `writtenAt`: when all is applied, when a step's state changes, each
   * 10 s if anything else in it has changed, and at exit; in the main thread alone. `%p` is the process's id. @default nowhere
   */
  readonly statusFile?: string | undefined;
  /**
   * Gives `dns-cache`, `response-cache` and `retries` to a share of the calls, compares those with the others, and
   * switches off what does harm or doesn't help. `true`, options, or a `Rollout` of the program's own, which stays open when this is closed.
   * @default false: on for all, and not compared
   */
  readonly rollout?: boolean | StepRolloutOptions | undefined;
  /** Holds hits of `response-cache` against their source. @default with options of a rollout one for 1 % of the hits, else none */
  readonly truth?: TruthCheck | undefined;
  /** Asked at each call of these three steps, for switches of another kind. Not with `rollout`. @default always on */
  readonly isOn?: ((stepId: string, key?: string) => boolean) | undefined;
}

/** Names that a file may have; `truth` and `isOn` are for code alone. */
export const fileOptionNames = [
  "optimizations",
  "disable",
  "dnsTtlMs",
  "slowQueryMs",
  "metricsPort",
  "statusFile",
  "rollout",
] as const;

export const optimizationsDefaults = Object.freeze({ dnsTtlMs: 2000, slowQueryMs: 100 });

/** The same, checked. */
export interface ResolvedOptimizations {
  readonly dnsTtlMs: number;
  readonly slowQueryMs: number;
  readonly metricsPort: number | undefined;
  readonly statusFile: string | undefined;
  readonly rollout: StepRolloutOptions | undefined;
  readonly truth: TruthCheck | undefined;
  readonly isOn: ((stepId: string, key?: string) => boolean) | undefined;
  /** Ids of the steps to apply. */
  readonly wanted: ReadonlySet<string>;
  /** Ids that `disable` lists. */
  readonly disabled: ReadonlySet<string>;
}

/** @throws {TypeError | RangeError} naming the wrong option and what is right */
export function resolveOptimizations(
  options: OptimizationsOptions,
  steps: readonly { readonly id: string; readonly risk: StepRisk }[],
): ResolvedOptimizations {
  knownKeys("applyAllOptimizations", options, [...fileOptionNames, "truth", "isOn"]);
  const { optimizations = "safe", disable = [], metricsPort, statusFile, truth, isOn } = options;
  const ids = steps.map(({ id }) => id);
  const wanted = new Set(
    Array.isArray(optimizations)
      ? idsOf("optimizations", optimizations, ids, ', or "safe" or "none" alone')
      : oneOf("optimizations", optimizations, ["safe", "none", ...ids] as const) === "safe"
        ? steps.filter(({ risk }) => risk === "safe").map(({ id }) => id)
        : optimizations === "none"
          ? []
          : [optimizations as string],
  );
  const disabled = new Set(idsOf("disable", disable, ids));
  for (const id of disabled) wanted.delete(id);
  if (isOn !== undefined) callable("isOn", isOn);
  if (truth !== undefined && !isTruthCheck(truth))
    rejectType("truth", "a check with functions isDue and check", truth);
  const rollout = rolloutOf(options.rollout, truth);
  if (rollout !== undefined && isOn !== undefined)
    throw new TypeError("rollout: expected either rollout or isOn, got both");
  if (statusFile !== undefined && (typeof statusFile !== "string" || statusFile === ""))
    rejectType("statusFile", "a path", statusFile);
  const { dnsTtlMs = optimizationsDefaults.dnsTtlMs, slowQueryMs = optimizationsDefaults.slowQueryMs } =
    options;
  durationMs("dnsTtlMs", dnsTtlMs);
  if (dnsTtlMs > 60_000) reject("dnsTtlMs", "milliseconds from 0 to 60000", dnsTtlMs);
  return {
    dnsTtlMs,
    slowQueryMs: durationMs("slowQueryMs", slowQueryMs),
    metricsPort: metricsPort === undefined ? undefined : integer("metricsPort", metricsPort, 0, 65_535),
    statusFile,
    rollout,
    truth,
    isOn,
    wanted,
    disabled,
  };
}

function rolloutOf(
  given: OptimizationsOptions["rollout"],
  truth: TruthCheck | undefined,
): StepRolloutOptions | undefined {
  if (given === undefined || given === false) return undefined;
  const rollout = given === true ? {} : given;
  lazyModule<typeof import("./step-rollout.ts")>("optimizations/step-rollout").checkStepRollout(
    rollout,
    truth,
  );
  return rollout;
}

/** @param also what is right besides a list of `ids`, for the message */
function idsOf(name: string, list: unknown, ids: readonly string[], also = ""): readonly string[] {
  if (!Array.isArray(list)) rejectType(name, "an array of ids", list);
  for (const id of list as unknown[])
    if (!ids.includes(id as string))
      reject(name, `one of ${ids.map((known) => `"${known}"`).join(", ")}${also}`, id);
  return list as string[];
}
