import { argumentBytes, certainArgumentBytes } from "./argument-size.ts";
import { relayProgram } from "./relay-program.ts";

/** What is started. */
export interface ProgramStart {
  readonly file: string;
  /** `node` and `script` may take this process's place; see `CommandFile`. */
  readonly kind: "node" | "script" | "other";
  /** The command as it was given, its name first. */
  readonly command: readonly string[];
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

/** What this process has. */
export interface ThisProcess {
  /** A channel for messages to the parent. */
  readonly hasChannel: boolean;
  /** Not on Windows. */
  readonly hasExecve: boolean;
}

function thisProcess(): ThisProcess {
  return {
    hasChannel: process.channel !== undefined && process.channel !== null,
    hasExecve: process.execve !== undefined,
  };
}

/**
 * Whether this process can become the program. Then nothing stands between it and its parent: signals, exit code, terminal and
 * process id are its own.
 *
 * Not with a channel to the parent, which would be lost. Not a program other than Node: the signals that Node ignores
 * (SIGPIPE, SIGXFSZ) would stay ignored there. Not what may be too long for the system, where Node aborts instead of telling.
 */
export function canBecome(
  { kind, command, env }: ProgramStart,
  { hasChannel, hasExecve }: ThisProcess = thisProcess(),
): boolean {
  if (!hasExecve || hasChannel || kind === "other") return false;
  return argumentBytes(command, env) < certainArgumentBytes;
}

/**
 * Starts the program in this process's place, or beside it where that can't be.
 * @returns only in the second case, when the program has ended: its exit code, 128 + the number of the signal that ended it,
 * or 126 or 127 where the system doesn't start it
 */
export async function startProgram(start: ProgramStart): Promise<number> {
  if (canBecome(start)) process.execve!(start.file, start.command, definedOnly(start.env));
  return await relayProgram(start);
}

function definedOnly(env: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}
