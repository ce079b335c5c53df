import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import {
  deoptTraceFile,
  type ProgramRecording,
  type ThreadRecording,
  type ThreadSegment,
  type ThreadState,
} from "./recorded-thread.ts";
import { maxTraceBytes } from "./trace-deopts.ts";

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
        deoptTrace: deoptTrace(dir, names, pid),
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

/** A program that never yields can't be kept from writing more than we read. */
function deoptTrace(dir: string, names: readonly string[], pid: number): string | undefined {
  const name = deoptTraceFile(pid);
  if (!names.includes(name)) return undefined;
  const file = openSync(join(dir, name), "r");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, maxTraceBytes));
    return bytes.toString("utf8", 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;
