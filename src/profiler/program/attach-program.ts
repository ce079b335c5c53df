import { setTimeout as sleep } from "node:timers/promises";
import { ProfileTargetError } from "../../errors.ts";
import { abortSignal, integer } from "../../options.ts";
import { type AttachedInspector, attachInspector } from "./attached-inspector.ts";
import { stopSymbol } from "./preload-settings.ts";
import {
  type RecordingOptions,
  type ResolvedRecording,
  recordingDefaults,
  resolveRecording,
} from "./profile-options.ts";
import type { ProgramRecording, ThreadSegment, ThreadState } from "./recorded-thread.ts";
import { recorderExpression } from "./recorder-expression.ts";

export interface RecordProcessOptions extends RecordingOptions {
  /** Ends the recording before its time; what was recorded until then is given. Before it has begun, its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** A process that doesn't answer for so long isn't waited for. */
const reachMs = 30_000;

/**
 * Records the main thread of a running Node process of this machine and user, over its inspector on loopback. The
 * inspector is closed again if it wasn't open before, also when the recording fails.
 * @param pid its process id, ≥ 1
 * A process that is too busy to close it is told of by a process warning.
 * @throws {ProfileTargetError} `VICTOR_PROFILE_TARGET`: it isn't there, isn't Node, belongs to another user, or can't
 *   open its inspector
 */
export async function recordProcess(
  pid: number,
  options: RecordProcessOptions = {},
): Promise<ProgramRecording> {
  integer("pid", pid, 1);
  abortSignal(options.signal);
  const recording = resolveRecording(options);
  const inspector = await attachInTime(pid, options.signal);
  const { signal } = options;
  let timer: NodeJS.Timeout | undefined;
  let isSilent = false;
  // One that is busy outside of JavaScript would hold whoever has asked for the end for as long.
  const stopped = (): void => {
    timer = setTimeout(() => {
      isSilent = true;
      inspector.connection.close();
    }, reachMs);
  };
  if (signal?.aborted) stopped();
  else signal?.addEventListener("abort", stopped);
  const result = await record(inspector, recording, signal).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: isSilent ? silent(pid) : error }),
  );
  clearTimeout(timer);
  signal?.removeEventListener("abort", stopped);
  // A process that is gone has closed its port by that, and what went wrong before is the news.
  if ("error" in result) {
    await inspector.detach().catch(() => {});
    throw result.error;
  }
  // What was recorded counts, also of a process that is too busy to close its inspector.
  await inspector.detach().catch((error: Error) => process.emitWarning(error));
  return result.value;
}

const silent = (pid: number): ProfileTargetError =>
  new ProfileTargetError(
    "not-listening",
    `process ${pid} didn't answer within ${reachMs / 1000} s: it is stopped, or busy outside of JavaScript`,
  );

async function attachInTime(pid: number, signal?: AbortSignal): Promise<AttachedInspector> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(silent(pid)), reachMs);
  try {
    return await attachInspector(
      pid,
      signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
    );
  } finally {
    clearTimeout(timer);
  }
}

async function record(
  { connection, opened }: AttachedInspector,
  { intervalUs, allocationIntervalBytes, durationMs = recordingDefaults.attachedMs }: ResolvedRecording,
  signal: AbortSignal | undefined,
): Promise<ProgramRecording> {
  const startedAt = new Date();
  await connection.post("Profiler.enable");
  await connection.post("Profiler.setSamplingInterval", { interval: intervalUs });
  await connection.post("HeapProfiler.startSampling", {
    samplingInterval: allocationIntervalBytes,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  const recorder = await connection.hold(recorderExpression(durationMs, opened));
  await connection.post("Profiler.start");
  await waitFor(durationMs, signal);
  // First of all, so that the collection that V8 does for the allocations isn't counted as the program's.
  const { blocks, ...rest } = (await connection.call(recorder, "stop")) as Omit<
    ThreadState,
    "startedAt" | "complete" | "threadId"
  > & { readonly blocks: ThreadSegment["blocks"] };
  const { profile: cpu } = (await connection.post("Profiler.stop")) as { profile: ThreadSegment["cpu"] };
  const { profile: allocations } = (await connection.post("HeapProfiler.stopSampling")) as {
    profile: NonNullable<ThreadSegment["allocations"]>;
  };
  await connection.post("Profiler.disable");
  const state: ThreadState = {
    ...rest,
    threadId: 0,
    startedAt: startedAt.toISOString(),
    complete: true,
  };
  const segment: ThreadSegment = { cpu, allocations, blocks };
  return { threads: [{ state, segments: () => [segment] }], deoptTrace: undefined };
}

/** An end before its time is no failure: what was recorded counts. */
async function waitFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (!signal?.aborted) throw error;
  });
}

/**
 * Ends a program under the preload whose event loop doesn't turn, by way of its inspector, which interrupts it: the
 * recording is saved, then the signal does what it does to a program without a handler.
 * @throws {ProfileTargetError} when it can't be reached, or handles the signal itself
 */
export async function stopBlockedProgram(pid: number, signal: NodeJS.Signals): Promise<void> {
  const { connection, detach } = await attachInTime(pid);
  const stop = `globalThis[Symbol.for(${JSON.stringify(stopSymbol)})]`;
  const stopped = await connection.evaluate(`${stop}?.(${JSON.stringify(signal)}) ?? false`);
  if (stopped !== true) {
    await detach();
    throw new Error(`it handles ${signal} itself`);
  }
  connection.close();
  process.kill(pid, signal);
}
