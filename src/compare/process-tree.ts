import { readdirSync, readFileSync } from "node:fs";

/** What a process has used, by /proc. */
interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** It only waits to be reaped. A zombie whose other threads have yet to end isn't: they hold its memory and its sockets. */
  readonly isGone: boolean;
  /** When it started, in ticks since the machine did: with `pid`, what tells a process from a later one. */
  readonly startTicks: number;
  /** User and system time, its own and that of children it has waited for. */
  readonly cpuMs: number;
  /** That of the children alone. */
  readonly reapedMs: number;
}

/** A tick of /proc: USER_HZ is 100 on every architecture that Node runs on. */
const tickMs = 10;

/** Whether processes can be looked at from outside: on Linux, that is. */
export const hasProcessTrees = process.platform === "linux";

/**
 * Reads one line of `/proc/<pid>/stat`.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function parseStat(text: string): ProcessLine {
  // The name stands in parentheses and may hold blanks and parentheses itself.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const number = (field: number): number => Number(fields[field - 3]);
  const reapedTicks = number(16) + number(17);
  return {
    pid: Number.parseInt(text, 10),
    parent: number(4),
    session: number(6),
    isGone: fields[0] === "Z" && number(20) <= 1,
    startTicks: number(22),
    cpuMs: (number(14) + number(15) + reapedTicks) * tickMs,
    reapedMs: reapedTicks * tickMs,
  };
}

/** CPU time of all ended children of this process, and of those that they have waited for; `undefined` where unknown. */
export function reapedCpuMs(): number | undefined {
  const text = hasProcessTrees ? read("/proc/self/stat") : undefined;
  return text === undefined ? undefined : parseStat(text).reapedMs;
}

/** Text of a file of /proc; `undefined` when the process has gone. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES") return undefined;
    throw error;
  }
}

/**
 * A program's processes: those of the session that `root` leads, all descendants, and those that were one of them when
 * last looked at, even if they have left the session and their parent has ended since.
 */
export class ProcessTree {
  readonly #root: number;
  #members = new Map<number, number>();

  constructor(root: number) {
    this.#root = root;
  }

  /** Looks for the processes anew. @returns ids of those that run */
  scan(): readonly number[] {
    if (!hasProcessTrees) return isRunning(this.#root) ? [this.#root] : [];
    const lines = readdirSync("/proc").flatMap((name) => {
      const text = /^\d+$/.test(name) ? read(`/proc/${name}/stat`) : undefined;
      const line = text === undefined ? undefined : parseStat(text);
      return line === undefined || line.isGone ? [] : [line];
    });
    const found = new Map<number, number>();
    // Parents can have higher numbers than their children, once numbers have begun anew.
    for (let before = -1; before < found.size; ) {
      before = found.size;
      for (const { pid, parent, session, startTicks } of lines)
        if (session === this.#root || found.has(parent) || this.#members.get(pid) === startTicks)
          found.set(pid, startTicks);
    }
    this.#members = found;
    return [...found.keys()];
  }

  /** CPU time of all since they started, milliseconds; `undefined` where it can't be known. */
  cpuMs(): number | undefined {
    if (!hasProcessTrees) return undefined;
    let sum = 0;
    for (const pid of this.scan()) {
      const text = read(`/proc/${pid}/stat`);
      if (text !== undefined) sum += parseStat(text).cpuMs;
    }
    return sum;
  }

  /** Memory of the processes found last, bytes; pages that they share count for each. */
  rssBytes(): number | undefined {
    if (!hasProcessTrees) return undefined;
    let sum = 0;
    for (const pid of this.#members.keys()) {
      const kib = /^VmRSS:\s*(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? "")?.[1];
      if (kib !== undefined) sum += Number(kib) * 1024;
    }
    return sum;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
