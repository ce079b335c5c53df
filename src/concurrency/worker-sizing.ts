import { availableParallelism } from "node:os";
import { environment } from "../measure/environment.ts";

/** Starting a thread costs about so much, so no thread is started for less work than that. */
export const threadStartMs = 20;
/** A queue whose first task has waited for so long needs another thread. */
const tolerableDelayMs = 5;
/** Below it, threads wait for something other than a processor. */
const busyUtilization = 0.5;

let cpus: number | undefined;

/**
 * Processors that this process can keep busy: those that the system lets it use, or fewer where a control group's
 * quota is lower.
 * @returns an integer ≥ 1; a quota of 1.5 gives 1, since a second thread would be halted half of the time
 */
export function availableCpus(): number {
  cpus ??= Math.max(
    1,
    Math.floor(Math.min(availableParallelism(), environment().cgroup?.cpus ?? Number.POSITIVE_INFINITY)),
  );
  return cpus;
}

/** A pool at one moment, as far as its size is concerned. */
export interface PoolLoad {
  /** Threads, those that start included. */
  readonly workers: number;
  readonly starting: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly cpus: number;
  /** Tasks that no thread has room for. */
  readonly queued: number;
  /** How long the first of them has waited. */
  readonly oldestWaitMs: number;
  /** Their run times in all, as far as known. */
  readonly queuedMs: number;
  /** Share of the time that threads were active lately, 0–1; `undefined` when not measured yet. */
  readonly utilization: number | undefined;
}

/**
 * Should one more thread be started? For the least number always. For more than that, when tasks wait that the threads
 * on their way don't suffice for, and either the work that waits is worth a thread's start or the first task has waited
 * for too long. Above the number of processors only while the threads are idle half of the time: their tasks wait
 * for something else then, and more threads can wait at once.
 */
export function wantsWorker(load: PoolLoad): boolean {
  const { workers, starting, queued } = load;
  if (workers >= load.maxWorkers) return false;
  if (workers < load.minWorkers) return true;
  if (queued <= starting) return false;
  if (workers === 0) return true;
  if (workers >= load.cpus && (load.utilization ?? 1) >= busyUtilization) return false;
  if (load.queuedMs / workers >= threadStartMs) return true;
  return starting === 0 && load.oldestWaitMs >= tolerableDelayMs;
}
