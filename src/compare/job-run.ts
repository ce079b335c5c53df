import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CompareError } from "../errors.ts";
import type { ComparedArm } from "./arm.ts";
import type { ComparedRun } from "./compare-document.ts";
import { MemorySamples } from "./memory-samples.ts";
import type { RunFigures } from "./metric.ts";
import { readFigures } from "./probe-channel.ts";
import type { ProbeFigures, ProbeSettings } from "./probe-settings.ts";
import { probedEnvironment } from "./probed-environment.ts";
import { reapedCpuMs } from "./process-tree.ts";
import { endText, Program } from "./program.ts";
import { insideFigures } from "./server-round.ts";

/** What one job gave. */
export interface JobRun {
  readonly arm: string;
  readonly run: ComparedRun;
  /** Of its standard output. */
  readonly digest: string;
}

export interface JobSettings {
  readonly timeoutMs: number;
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** Told the process group as it begins, and `undefined` when it has ended. */
  readonly onGroup: (group: number | undefined) => Promise<void>;
}

let jobs = 0;
/** What a job leaves running is no part of it. */
const graceMs = 100;

/**
 * Runs a program to its end.
 * @throws {CompareError} `not-started`; `job-failed` when it ends with another code than 0 or takes too long
 */
export async function runJob(round: number, arm: ComparedArm, settings: JobSettings): Promise<JobRun> {
  const folder = join(settings.folder, `j${++jobs}`);
  mkdirSync(folder);
  const probe: ProbeSettings = { folder };
  const cpuBefore = reapedCpuMs();
  const startedMs = performance.now();
  const program = await Program.start({
    arm,
    env: probedEnvironment(arm, probe),
  });
  try {
    await settings.onGroup(program.pid);
    using memory = new MemorySamples(program.tree);
    const end = await ended(program, settings);
    const wallTime = performance.now() - startedMs;
    const cpuAfter = reapedCpuMs();
    await program.allRead();
    if (end.code !== 0)
      throw new CompareError("job-failed", arm.name, `ended ${endText(end)}`, program.lastLines);
    const figures: RunFigures = {
      wallTime,
      ...(cpuAfter !== undefined && { cpuTime: cpuAfter - cpuBefore! }),
      ...memory.end(),
      ...insideFigures(reports(folder), wallTime),
    };
    return {
      arm: arm.name,
      run: { round, figures, statuses: { "exit code 0": 1 } },
      digest: program.digest(),
    };
  } finally {
    await program.stop(graceMs);
    await settings.onGroup(undefined);
  }
}

async function ended(program: Program, { timeoutMs, signal }: JobSettings) {
  const limit = AbortSignal.timeout(timeoutMs);
  const stop = AbortSignal.any(signal === undefined ? [limit] : [limit, signal]);
  const stopped = Promise.withResolvers<never>();
  const onAbort = () =>
    stopped.reject(
      signal?.aborted
        ? signal.reason
        : new CompareError(
            "job-failed",
            program.arm.name,
            `not done within ${timeoutMs} ms`,
            program.lastLines,
          ),
    );
  if (stop.aborted) onAbort();
  stop.addEventListener("abort", onAbort);
  try {
    return await Promise.race([program.ended, stopped.promise]);
  } finally {
    stop.removeEventListener("abort", onAbort);
  }
}

/** Of processes that were killed while they wrote theirs, or are just writing it, there is none. */
function reports(folder: string): ProbeFigures[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => readFigures(readFileSync(join(folder, name), "utf8")))
    .filter((figures) => figures !== undefined);
}
