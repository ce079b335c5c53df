import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProgramRecording, ThreadRecording, ThreadSegment, ThreadState } from "./recorded-thread.ts";

/**
 * Reads what collectors have written to a folder.
 * @returns by process id; of a process that was killed, up to its last save
 */
export function readRecordings(dir: string): Map<number, ProgramRecording> {
  const names = readdirSync(dir).sort();
  const states = names
    .filter((name) => name.endsWith(".state.json"))
    .map((name) => readJson<ThreadState>(join(dir, name)));
  const byProcess = Map.groupBy(states, ({ pid }) => pid);
  return new Map(
    Array.from(byProcess, ([pid, threads]) => [
      pid,
      {
        threads: threads
          .sort((a, b) => a.threadId - b.threadId)
          .map((state) => recordedThread(dir, names, state)),
        deoptLogs: deoptLogs(dir, names, pid),
      },
    ]),
  );
}

function recordedThread(dir: string, names: readonly string[], state: ThreadState): ThreadRecording {
  const prefix = `${state.pid}-${state.threadId}-`;
  const own = names.filter((name) => name.startsWith(prefix) && name.endsWith(".segment.json"));
  return {
    state,
    *segments() {
      for (const name of own) yield readJson<ThreadSegment>(join(dir, name));
    },
  };
}

/** V8 puts the isolate's address and the process id before the name. */
function deoptLogs(dir: string, names: readonly string[], pid: number): readonly string[] | undefined {
  const own = names.filter((name) => name.endsWith(`-${pid}-deopt.log`));
  return own.length === 0 ? undefined : own.map((name) => readFileSync(join(dir, name), "utf8"));
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;
