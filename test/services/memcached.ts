import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { releaseGuard, watchOver } from "./guard.ts";
import { machineProgram } from "./machine-package.ts";
import { isAlive, signalTree } from "./process-tree.ts";
import { serverUser, temporaryFolder } from "./unprivileged.ts";

export interface MemcachedSetup {
  /** Further arguments, such as `-m 1`. @default none */
  readonly args?: readonly string[];
  /** For its process. @default none */
  readonly env?: Readonly<Record<string, string>>;
}

/** A Memcached server of our own. */
export interface MemcachedService extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** `host:port` */
  readonly address: string;
  readonly folder: string;
  readonly pid: number;
  /** `SIGSTOP` and `SIGCONT` hold it; after `SIGKILL` it is gone when this resolves. */
  kill(signal: "SIGSTOP" | "SIGCONT" | "SIGKILL"): Promise<void>;
  /** Starts it again on the same port, empty; ends the one that still runs. */
  restart(): Promise<void>;
  /** What it answers to one line of its text protocol. */
  tell(line: string): Promise<string>;
  /** Stops it and removes its folder. May be called again. */
  stop(): Promise<void>;
}

const portAttempts = 5;

/** Starts Memcached (Debian's package `memcached`). */
export async function startMemcached(setup: MemcachedSetup = {}): Promise<MemcachedService> {
  const program = machineProgram("memcached");
  const user = serverUser();
  const folder = temporaryFolder("victor-memcached-", user);
  watchOver({ folder });
  const log = join(folder, "memcached.log");
  const stopped: () => void = () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    releaseGuard(folder);
  };
  for (let attempt = 1; ; attempt++)
    try {
      const port = await freePort();
      const run = () => start(program, port, setup, user, folder, log);
      return service(await run(), run, port, folder, stopped);
    } catch (error) {
      // Somebody else may have taken the port in between.
      if (attempt < portAttempts && /address already in use/i.test(String(error))) continue;
      stopped();
      throw error;
    }
}

function service(
  started: ChildProcess,
  run: () => Promise<ChildProcess>,
  port: number,
  folder: string,
  stopped: () => void,
): MemcachedService {
  let server = started;
  const end = async (): Promise<void> => {
    const { pid = 0 } = server;
    if (server.exitCode !== null || server.signalCode !== null) return;
    signalTree(pid, "SIGKILL", false);
    while (isAlive(pid)) await sleep(2);
  };
  const stop = async (): Promise<void> => {
    await end();
    stopped();
  };
  return {
    host: "127.0.0.1",
    port,
    address: `127.0.0.1:${port}`,
    folder,
    get pid() {
      return server.pid ?? 0;
    },
    async kill(signal) {
      if (signal === "SIGKILL") await end();
      else signalTree(server.pid ?? 0, signal, false);
    },
    async restart() {
      await end();
      server = await run();
    },
    tell: (line) => tell(port, line),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function start(
  program: string,
  port: number,
  { args = [], env = {} }: MemcachedSetup,
  user: ReturnType<typeof serverUser>,
  folder: string,
  logFile: string,
): Promise<ChildProcess> {
  const log = openSync(logFile, "w");
  // Two threads answer, so that connections don't wait for each other by design.
  const all = ["-l", "127.0.0.1", "-p", String(port), "-U", "0", "-t", "2", ...args];
  const server = spawn(program, all, {
    ...user,
    cwd: folder,
    detached: true,
    stdio: ["ignore", log, log],
    env: { PATH: process.env.PATH ?? "", ...env },
  });
  closeSync(log);
  server.unref();
  let failure: Error | undefined;
  server.once("error", (error) => {
    failure = error;
  });
  const { pid = 0 } = server;
  if (pid > 0) watchOver({ folder, pid });
  for (const deadline = Date.now() + 60_000; !(await listens(port)); await sleep(20)) {
    if (failure === undefined && server.exitCode === null && Date.now() < deadline) continue;
    if (pid > 0) signalTree(pid, "SIGKILL", false);
    throw new Error(`Memcached doesn't start:\n${readFileSync(logFile, "utf8")}`, { cause: failure });
  }
  return server;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    }).once("error", () => resolve(false));
  });
}

function tell(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(`${line}\r\n`));
    socket.once("error", reject);
    socket.on("data", (chunk) => {
      text += chunk;
      if (!/(^|\r\n)(END|OK|RESET|ERROR|CLIENT_ERROR.*|VERSION.*)\r\n$/.test(text)) return;
      socket.destroy();
      resolve(text);
    });
  });
}
