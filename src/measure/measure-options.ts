import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { durationMs, finite, integer, knownKeys, reject } from "../options.ts";
import type { ArmSpec } from "./arm.ts";
import { maxCount } from "./calibration.ts";

/** Where a measurement stands; told before each step. */
export interface MeasureProgress {
  readonly phase: "setup" | "calibration" | "warmup" | "round" | "finish";
  /** Name of the arm whose turn it is. */
  readonly arm: string;
  /** Repetition, from 0. */
  readonly process: number;
  /** Round within the phase, from 0. */
  readonly round: number;
  /** Counted rounds that are done, over all arms and processes. */
  readonly done: number;
  /** Counted rounds in all. */
  readonly total: number;
}

export interface MeasureOptions {
  /** What to compare, ≥ 1; one arm alone is simply measured. */
  readonly arms: readonly ArmSpec[];
  /** Repetitions, each with a fresh process for every arm, ≥ 1. Fewer than 3 say little of another run. @default 3 */
  readonly processes?: number;
  /** Counted rounds of each arm in each process, ≥ 1. @default 10 */
  readonly rounds?: number;
  /** Rounds of each arm in each process that are run first and not counted, ≥ 0. @default 2 */
  readonly warmupRounds?: number;
  /** Wished length of a round in milliseconds, > 0; without effect on an arm with a `count`. @default 100 */
  readonly roundMs?: number;
  /** Of the order in which arms take turns; an integer. @default 1 */
  readonly seed?: number;
  /** For each step of an arm (setup, one round, finish) in milliseconds; `Infinity` waits for ever. @default 60_000 */
  readonly timeoutMs?: number;
  /** Stops the measurement; what is complete is returned as partial. */
  readonly signal?: AbortSignal | undefined;
  /** Called between rounds, so its own time is not measured; what it throws ends the measurement. */
  onProgress?(event: MeasureProgress): void;
}

export const measureDefaults = Object.freeze({
  processes: 3,
  rounds: 10,
  warmupRounds: 2,
  roundMs: 100,
  seed: 1,
  timeoutMs: 60_000,
});

/** Options with every default filled in and every value checked. */
export interface ResolvedMeasureOptions {
  readonly arms: readonly ArmSpec[];
  readonly processes: number;
  readonly rounds: number;
  readonly warmupRounds: number;
  readonly roundMs: number;
  readonly seed: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((event: MeasureProgress) => void) | undefined;
}

const known = ["arms", ...Object.keys(measureDefaults), "signal", "onProgress"];

/** @throws {RangeError | TypeError} on an option that is missing, unknown or out of its bounds */
export function resolveMeasureOptions(options: MeasureOptions): ResolvedMeasureOptions {
  knownKeys("measureInterleaved", options, known);
  const { arms, signal, onProgress } = options;
  if (!Array.isArray(arms) || arms.length === 0) reject("arms", "at least one arm", arms);
  for (const [i, arm] of options.arms.entries()) checkArm(`arms[${i}]`, arm);
  const names = options.arms.map((arm) => arm.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) reject("arms", "names that differ", twice);
  return {
    arms,
    processes: integer("processes", options.processes ?? measureDefaults.processes, 1),
    rounds: integer("rounds", options.rounds ?? measureDefaults.rounds, 1),
    warmupRounds: integer("warmupRounds", options.warmupRounds ?? measureDefaults.warmupRounds, 0),
    roundMs: finite("roundMs", options.roundMs ?? measureDefaults.roundMs, 0.001),
    seed: integer("seed", options.seed ?? measureDefaults.seed, Number.MIN_SAFE_INTEGER),
    timeoutMs: durationMs("timeoutMs", options.timeoutMs ?? measureDefaults.timeoutMs, 1),
    signal,
    onProgress: onProgress?.bind(options),
  };
}

function checkArm(where: string, arm: ArmSpec): void {
  knownKeys(where, arm, ["name", "module", "export", "args", "nodeArgs", "count"]);
  if (typeof arm.name !== "string" || arm.name === "") reject(`${where}.name`, "a name", arm.name);
  if (typeof arm.module !== "string" && !(arm.module instanceof URL))
    reject(`${where}.module`, "a path or URL", arm.module);
  if (arm.count !== undefined) integer(`${where}.count`, arm.count, 1, maxCount);
}

/** @returns the URL to import the arm's module by; a relative path starts at the working directory */
export function moduleUrl(module: string | URL): string {
  if (module instanceof URL) return module.href;
  if (!isAbsolute(module) && URL.canParse(module)) return module;
  return pathToFileURL(resolve(module)).href;
}
