import type { ResourceLimits, Transferable } from "node:worker_threads";
import { callable, durationMs, integer, knownKeys, reject } from "../options.ts";
import type { TaskContextSource } from "./task-context.ts";
import { availableCpus } from "./worker-sizing.ts";
import type { TaskBounds } from "./worker-task.ts";

/** How many threads a pool has. */
export interface WorkerPoolSize {
  /**
   * Most threads, an integer ≥ 1. More than there are processors are only started while the threads turn out to wait
   * for something else. @default the processors that this process may use, by the control group's quota
   */
  readonly maxWorkers?: number;
  /** Threads that are started at once and kept, an integer from 0 to `maxWorkers`. @default 0 */
  readonly minWorkers?: number;
}

export interface WorkerPoolOptions extends WorkerPoolSize {
  /** In messages and metrics. @default "workers" */
  readonly name?: string;
  /** Tasks that may wait for a thread; one more is refused. An integer ≥ 1. @default 100_000 */
  readonly queueLimit?: number;
  /** A thread above `minWorkers` that had nothing to do for so long is stopped. Milliseconds. @default 30_000 */
  readonly idleTimeoutMs?: number;
  /** For tasks that don't say. Milliseconds from submission. @default Infinity */
  readonly timeoutMs?: number;
  /** Threads that an idempotent task may bring down before it fails, less one; an integer ≥ 0. @default 2 */
  readonly maxRetries?: number;
  /** Memory of each thread; one that needs more ends, and only its task fails. @default Node's own */
  readonly resourceLimits?: ResourceLimits;
  /** Node's flags in the threads. @default those of this process, none with `--input-type` */
  readonly execArgv?: readonly string[];
  /** Environment of the threads. @default a copy of this process's */
  readonly env?: NodeJS.ProcessEnv;
  /**
   * A `PerformanceProfiler` under whose current span a task's spans fall, whatever profiler records them in the thread.
   * @default that of `getProfiler`, when it has been made
   */
  readonly profiler?: TaskContextSource;
}

/** How one task is run. */
export interface RunOptions {
  /** The export to call when a file is given. @default "default" */
  readonly name?: string;
  /**
   * What is moved to the thread instead of copied: buffers, ports. Gone here once the task is sent, so such a task is
   * never sent a second time. @default []
   */
  readonly transfer?: readonly Transferable[];
  /** Moves the buffer of a result that is an `ArrayBuffer` or a view of one, instead of copying it. @default false */
  readonly transferResult?: boolean;
  /** Takes the task back; when it runs already, its thread is ended. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from submission, waiting included; a task that runs then costs its thread. @default the pool's */
  readonly timeoutMs?: number;
  /** May it run again when the thread that ran it ended? @default false */
  readonly idempotent?: boolean;
}

export const workerPoolDefaults = Object.freeze({
  minWorkers: 0,
  name: "workers",
  queueLimit: 100_000,
  idleTimeoutMs: 30_000,
  timeoutMs: Number.POSITIVE_INFINITY,
  maxRetries: 2,
});

/** Options with every default filled in and every value checked. */
export interface ResolvedPoolOptions extends Required<WorkerPoolSize> {
  readonly name: string;
  readonly queueLimit: number;
  readonly idleTimeoutMs: number;
  readonly maxRetries: number;
  readonly resourceLimits: ResourceLimits | undefined;
  readonly execArgv: readonly string[] | undefined;
  readonly env: NodeJS.ProcessEnv | undefined;
  /** Of a task without options. */
  readonly bounds: TaskBounds;
}

export const poolOptionKeys: readonly string[] = [
  ...Object.keys(workerPoolDefaults),
  "maxWorkers",
  "resourceLimits",
  "execArgv",
  "env",
  "profiler",
];
const sizeKeys = ["maxWorkers", "minWorkers"];
const runKeys = ["name", "transfer", "transferResult", "signal", "timeoutMs", "idempotent"];

/** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
export function resolvePoolOptions(options: WorkerPoolOptions): ResolvedPoolOptions {
  knownKeys("WorkerPool", options, poolOptionKeys);
  const given = { ...workerPoolDefaults, ...withoutUndefined(options) };
  if (typeof given.name !== "string" || given.name === "") reject("name", "a name", given.name);
  const { profiler } = given;
  if (profiler !== undefined) callable("profiler.taskContext", profiler?.taskContext);
  return {
    ...resolveSize(given),
    name: given.name,
    queueLimit: integer("queueLimit", given.queueLimit, 1),
    idleTimeoutMs: durationMs("idleTimeoutMs", given.idleTimeoutMs),
    maxRetries: integer("maxRetries", given.maxRetries, 0),
    resourceLimits: given.resourceLimits,
    execArgv: given.execArgv,
    env: given.env,
    bounds: {
      transfer: [],
      timeoutMs: durationMs("timeoutMs", given.timeoutMs),
      signal: undefined,
      idempotent: false,
      moveResult: false,
      profiler,
    },
  };
}

/** @throws {RangeError | TypeError} as `resolvePoolOptions` */
export function checkSize(size: WorkerPoolSize, now: Required<WorkerPoolSize>): Required<WorkerPoolSize> {
  knownKeys("resize", size, sizeKeys);
  return resolveSize({ ...now, ...withoutUndefined(size) });
}

function resolveSize(size: WorkerPoolSize): Required<WorkerPoolSize> {
  const least = size.minWorkers ?? workerPoolDefaults.minWorkers;
  // Whoever asks for more threads than there are processors gets them.
  const maxWorkers = integer("maxWorkers", size.maxWorkers ?? Math.max(availableCpus(), least), 1);
  return { maxWorkers, minWorkers: integer("minWorkers", least, 0, maxWorkers) };
}

/** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
export function resolveBounds(options: RunOptions, defaults: TaskBounds): TaskBounds {
  knownKeys("runInWorker", options, runKeys);
  const { transfer, signal, timeoutMs } = options;
  if (transfer !== undefined && !Array.isArray(transfer)) reject("transfer", "an array", transfer);
  if (signal !== undefined && !(signal instanceof AbortSignal)) reject("signal", "an AbortSignal", signal);
  return {
    transfer: transfer ?? defaults.transfer,
    timeoutMs: timeoutMs === undefined ? defaults.timeoutMs : durationMs("timeoutMs", timeoutMs),
    signal,
    idempotent: flag("idempotent", options.idempotent),
    moveResult: flag("transferResult", options.transferResult),
    profiler: defaults.profiler,
  };
}

function flag(name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== "boolean") reject(name, "true or false", value);
  return value === true;
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
