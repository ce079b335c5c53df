import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { isSea } from "node:sea";
import { isMainThread } from "node:worker_threads";
import { argumentBytes, certainArgumentBytes } from "../../environment/argument-size.ts";
import { thrownText } from "../../thrown-text.ts";
import { withoutFlags } from "./gc-flags.ts";

/** Why this process goes on as it is. A process that is started anew gets no answer: it is gone. */
export interface ReExecOutcome {
  /** `done`: this is the process that was started anew. */
  readonly state: "done" | "refused";
  readonly reason: string;
}

/** Names the process that was started anew, so that it isn't again; its own children may be. */
export const reExecVariable = "VICTOR_GC_REEXEC";

/** What starting anew looks at and uses; another in tests. */
export interface ReExecGround {
  readonly isMainThread: boolean;
  readonly pid: number;
  readonly ppid: number;
  readonly hasChannel: boolean;
  /** Whether program and Node are one file, to which no flags can be given. */
  readonly isSingleExecutable: boolean;
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Whether that file is there and may be run. */
  canRun(file: string): boolean;
  /** @returns why the system takes no such arguments and environment; `undefined` where it does */
  refusal(file: string, args: readonly string[], env: NodeJS.ProcessEnv): string | undefined;
  /** Becomes the other program, keeping the process; absent on Windows. Node aborts where the system refuses. */
  readonly execve: ((file: string, args: readonly string[], env: NodeJS.ProcessEnv) => void) | undefined;
  /** Runs the other program to its end and ends this one as that ended. */
  runInstead(file: string, args: readonly string[], env: NodeJS.ProcessEnv): void;
}

export const thisProcess: ReExecGround = Object.freeze({
  isMainThread,
  pid: process.pid,
  ppid: process.ppid,
  get hasChannel() {
    return process.channel !== undefined && process.channel !== null;
  },
  isSingleExecutable: isSea(),
  execPath: process.execPath,
  execArgv: process.execArgv,
  argv: process.argv,
  env: process.env,
  canRun(file: string) {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      // Whatever is in the way would end the process.
      return false;
    }
  },
  refusal(file: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    const bytes = argumentBytes(args, env);
    if (bytes < certainArgumentBytes) return undefined;
    // How much it takes depends on the system, its version and the limit of the stack, so it is asked: Node tells its
    // version before it looks at anything else.
    const { error } = spawnSync(file, ["--version", ...args], { env, stdio: "ignore" });
    if (error === undefined) return undefined;
    const { code } = error as NodeJS.ErrnoException;
    return code === "E2BIG"
      ? `arguments and environment are too long for the system, ${Math.ceil(bytes / 1024)} KiB`
      : `the system refused: ${error.message}`;
  },
  execve: process.execve?.bind(process),
  runInstead(file: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    const { status, error } = spawnSync(file, args, { env, stdio: "inherit" });
    if (error) throw error;
    process.exit(status ?? 1);
  },
});

/**
 * Starts this program anew, once, with `flags` before its own: same process, arguments, environment, working folder, standard
 * streams; so exit code and signals are the new one's. Nothing else survives: open files and sockets, threads,
 * what was read from standard input, `exit` listeners. So it belongs first in a program.
 * On Windows, which can't do that, this process waits for a child and ends as it ends.
 * @returns only when it isn't done, and why
 */
export function reExec(flags: readonly string[], ground: ReExecGround = thisProcess): ReExecOutcome {
  const { env, execve } = ground;
  if (!ground.isMainThread) return refused("a worker can't start its process anew; use workerOptions()");
  const guarded = execve === undefined ? ground.ppid : ground.pid;
  if (env[reExecVariable] === String(guarded)) return { state: "done", reason: "started anew already, once" };
  if (flags.length === 0) return refused("no flags are advised");
  if (ground.hasChannel)
    return refused(
      "the parent talks to this process by a channel, which would be lost; let the parent set the flags",
    );
  if (env.LISTEN_PID === String(ground.pid))
    return refused("the service manager has opened sockets for this process, which would be lost");
  if (ground.isSingleExecutable) return refused("a single executable takes no flags");
  const execArgv = withoutFlags(ground.execArgv, flags);
  const isEval = execArgv.some((flag) => /^(-e|-p|-pe|--eval|--print)(=|$)/.test(flag));
  const own = ground.argv.slice(1);
  // Standard input has been read to the end: the new program would be an empty one.
  if (!isEval && (own.length === 0 || own[0] === "-"))
    return refused("there is no script to start anew, only standard input");
  if (!ground.canRun(ground.execPath)) return refused(`${ground.execPath} can't be run any more`);
  // After a script all is its own, but after code Node would take what begins with a hyphen.
  const args = [...flags, ...execArgv, ...(isEval && own.length > 0 ? ["--"] : []), ...own];
  const newEnv = { ...env, [reExecVariable]: String(ground.pid) };
  const refusal = execve && ground.refusal(ground.execPath, args, newEnv);
  if (refusal !== undefined) return refused(refusal);
  try {
    if (execve === undefined) ground.runInstead(ground.execPath, args, newEnv);
    else execve(ground.execPath, [ground.execPath, ...args], newEnv);
  } catch (error) {
    return refused(`the system refused: ${thrownText(error)}`);
  }
  return refused("the system returned");
}

function refused(reason: string): ReExecOutcome {
  return { state: "refused", reason };
}
