import { type ChildProcess, type SerializationType, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { isatty } from "node:tty";
import type { ProgramStart } from "./start-program.ts";

const forwarded: readonly NodeJS.Signals[] = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGWINCH",
  "SIGCONT",
  "SIGBREAK",
];

/** A terminal sends these to all processes in its foreground, so to the program as well. */
const fromTerminal: readonly NodeJS.Signals[] = [
  "SIGINT",
  "SIGQUIT",
  "SIGHUP",
  "SIGWINCH",
  "SIGCONT",
  "SIGBREAK",
];

/** So long a program that has ended may keep its channel open: only a process that it left behind would. */
const leftOpenMs = 10_000;

/** Node makes something else of these than an end. */
const notFatalHere: readonly NodeJS.Signals[] = ["SIGUSR1", "SIGPIPE", "SIGXFSZ", "SIGPROF"];

/**
 * Runs the program beside this process with the same streams, passes signals on, and messages where the parent has a
 * channel, and ends as the program ends: by the same signal, where it was one.
 * A program whose relay is killed by SIGKILL lives on; with a channel, it is told by its `disconnect`.
 * @returns its exit code; 127 or 126 where it isn't there or may not be run
 */
export async function relayProgram({ file, command, env }: ProgramStart): Promise<number> {
  const hasChannel = process.channel !== undefined && process.channel !== null;
  let child: ChildProcess;
  try {
    child = spawn(file, command.slice(1), {
      argv0: command[0]!,
      env,
      stdio: hasChannel ? ["inherit", "inherit", "inherit", "ipc"] : "inherit",
      serialization: serialization(),
    });
  } catch (error) {
    // Node tells some of the system's refusals at once, such as a command that is too long.
    process.stderr.write(`victor run: ${(error as Error).message}\n`);
    return 126;
  }
  const stopForwarding = forwardSignals(child);
  if (hasChannel) {
    passMessages(process as Channel, child as Channel);
    passMessages(child as Channel, process as Channel);
  }
  const { promise, resolve } = Promise.withResolvers<readonly [number | null, NodeJS.Signals | null]>();
  child.on("error", (error: NodeJS.ErrnoException) => {
    // The same event tells of a signal that couldn't be sent, to a program that goes on.
    if (child.pid !== undefined) return;
    process.stderr.write(`victor run: ${error.message}\n`);
    resolve([error.code === "ENOENT" ? 127 : 126, null]);
  });
  child.once("exit", (code, signal) => resolve([code, signal]));
  const [code, signal] = await promise;
  stopForwarding();
  if (child.pid === undefined) process.disconnect?.();
  else if (hasChannel) await lastMessages(child);
  if (signal !== null && !notFatalHere.includes(signal)) process.kill(process.pid, signal);
  return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
}

function forwardSignals(child: ChildProcess): () => void {
  const inForeground = isInForeground();
  const pass = (signal: NodeJS.Signals): void => {
    if (!inForeground || !fromTerminal.includes(signal)) child.kill(signal);
  };
  const known = forwarded.filter((signal) => signal in constants.signals);
  for (const signal of known) process.on(signal, pass);
  return () => {
    for (const signal of known) process.off(signal, pass);
  };
}

/** Whether a terminal sends its signals to the group of this process. */
function isInForeground(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    // Systems without /proc: who reads from a terminal is in its foreground.
    return isatty(0);
  }
}

/** What a child process and this one have in common. */
interface Channel extends NodeJS.EventEmitter {
  readonly connected: boolean;
  send(message: unknown, handle: unknown, options: object, sent: () => void): boolean;
  disconnect(): void;
}

/** Passes on all that comes, with the sockets that come along, and after the last of it the end. */
function passMessages(from: Channel, to: Channel): void {
  let pending = 0;
  let hasEnded = false;
  const endAfterLast = (): void => {
    if (hasEnded && pending === 0 && to.connected) to.disconnect();
  };
  from.on("message", (message: unknown, handle: unknown) => {
    if (!to.connected) return;
    pending++;
    // Who doesn't take it any more says so by `disconnect`.
    to.send(message, handle, {}, () => {
      pending--;
      endAfterLast();
    });
  });
  from.on("disconnect", () => {
    hasEnded = true;
    endAfterLast();
  });
}

/** What the program sent before its end may still be on its way. */
async function lastMessages(child: ChildProcess): Promise<void> {
  if (!process.connected) return;
  const told = once(process, "disconnect");
  const timer = setTimeout(() => {
    if (child.connected) child.disconnect();
  }, leftOpenMs);
  await told;
  clearTimeout(timer);
}

/** The parent's way of writing messages: Node forgets it at its start, Linux doesn't. */
function serialization(): SerializationType {
  try {
    const environment = readFileSync("/proc/self/environ", "latin1");
    return environment.includes("NODE_CHANNEL_SERIALIZATION_MODE=advanced\0") ? "advanced" : "json";
  } catch {
    // Other systems don't tell; JSON is `fork`'s own choice.
    return "json";
  }
}
