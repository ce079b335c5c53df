import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Is a process of this id there (not yet reaped zombies are said to be gone, where /proc tells)? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const fields = fieldsOf(pid);
  // While other threads of a zombie have yet to end, its sockets are open.
  return fields?.[0] !== "Z" || Number(fields[17]) > 1;
}

/**
 * @param pid of a process, or `1/task/2` for a thread of it
 * @returns the fields of its `stat` from the state on
 */
function fieldsOf(pid: number | string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    // No /proc on this system, or the process just went; the caller knows it from kill(2) then.
    return undefined;
  }
}

/** @returns ids of the direct children of `pid`, from /proc, else from `ps` */
export function childrenOf(pid: number): number[] {
  const rows: (readonly [pid: number, parent: number])[] = [];
  if (process.platform === "linux") {
    for (const entry of readdirSync("/proc")) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
        // The command's name stands in parentheses and may itself hold blanks and parentheses.
        const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        rows.push([Number(entry), Number(parent)]);
      } catch {
        // The process ended while we were reading.
      }
    }
  } else {
    const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
    for (const line of stdout.split("\n")) {
      const [child, parent] = line.trim().split(/\s+/).map(Number);
      if (child && parent) rows.push([child, parent]);
    }
  }
  return rows.filter(([, parent]) => parent === pid).map(([child]) => child);
}

/** Does a thread of it still run, although it was sent SIGSTOP? */
function isRunning(pid: number): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.some(
      (thread) => !["T", "t", "Z", "X"].includes(fieldsOf(`${pid}/task/${thread}`)?.[0] ?? "T"),
    );
  } catch {
    // No /proc on this system, or the process has ended.
    return false;
  }
}

const longestStopMs = 30_000;

/**
 * Sends `signal` to `pid` alone, or with its direct children. A process that is gone already is no error. After SIGSTOP it stands
 * still: a busy system lets threads go on answering for a while after the signal was sent.
 */
export function signalTree(pid: number, signal: NodeJS.Signals, withChildren: boolean): void {
  // Freezing the parent first keeps it from starting children that we would miss; waking it last likewise.
  const children = (): number[] => (withChildren ? childrenOf(pid) : []);
  const targets = signal === "SIGCONT" ? [...children(), pid] : [pid, ...children()];
  for (const target of targets) {
    try {
      process.kill(target, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
  if (signal !== "SIGSTOP") return;
  const turn = new Int32Array(new SharedArrayBuffer(4));
  for (const untilMs = Date.now() + longestStopMs; targets.some(isRunning) && Date.now() < untilMs; )
    Atomics.wait(turn, 0, 0, 1);
}
