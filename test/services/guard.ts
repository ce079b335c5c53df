import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the guard of this process has to take away, should this process die: a server and its folder. */
export interface Guarded {
  readonly folder: string;
  readonly pid?: number;
}

let guard: ChildProcess | undefined;

/**
 * Tells a small second process what to stop and remove when this one ends, however it ends (even by SIGKILL): it
 * sees its standard input close. It is started at the first call and lives in a session of its own, so that what
 * kills our process group doesn't kill it.
 */
export function watchOver(thing: Guarded): void {
  send({ watch: thing });
}

/** Takes a folder, and the server in it, off the guard's list. */
export function releaseGuard(folder: string): void {
  send({ release: folder });
}

function send(message: object): void {
  if (!guard || guard.exitCode !== null || guard.signalCode !== null) {
    const script = fileURLToPath(new URL("./guard-process.ts", import.meta.url));
    // Without our environment and our arguments: a test runner's loaders have no business there.
    guard = spawn(process.execPath, [script], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      env: { PATH: process.env.PATH ?? "" },
    });
    guard.unref();
    (guard.stdin as unknown as { unref(): void }).unref();
    guard.stdin?.on("error", () => {
      // The guard was killed from outside; the next message starts another one.
    });
  }
  guard.stdin?.write(`${JSON.stringify(message)}\n`);
}
