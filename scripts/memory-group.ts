import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";

/** A control group with a limit of memory, below this process' own; it may be removed when nothing runs in it. */
export interface MemoryGroup extends Disposable {
  /** The command, started within the group, with all that it starts. */
  within(command: readonly string[]): readonly string[];
}

/**
 * Makes one, as a container has it. Linux, and who may write there: root on a machine with cgroup v1, or the owner of a delegated
 * group with v2.
 * @throws Error where it can't be made, with what to do instead
 */
export function makeMemoryGroup(mib: number): MemoryGroup {
  const groups = readFileSync("/proc/self/cgroup", "utf8");
  const v1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  const own = v1 ?? /^0::(.*)$/m.exec(groups)?.[1] ?? "";
  const folder = `/sys/fs/cgroup${v1 === undefined ? "" : "/memory"}${own}/victor-${process.pid}`;
  const limit = v1 === undefined ? "memory.max" : "memory.limit_in_bytes";
  try {
    mkdirSync(folder);
    writeFileSync(`${folder}/${limit}`, String(mib * 2 ** 20));
  } catch (cause) {
    throw new Error(`no limit of memory can be set in ${folder}: run this in a container that has one`, {
      cause,
    });
  }
  return {
    within: (command) => ["sh", "-c", `echo $$ > '${folder}/cgroup.procs' && exec "$@"`, "sh", ...command],
    [Symbol.dispose]: () => rmdirSync(folder),
  };
}
