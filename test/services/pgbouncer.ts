import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { releaseGuard, watchOver } from "./guard.ts";
import { machineProgram } from "./machine-package.ts";
import { isAlive, signalTree } from "./process-tree.ts";
import { serverUser, temporaryFolder } from "./unprivileged.ts";

/** A PgBouncer of our own, in transaction mode. */
export interface PgBouncerService extends AsyncDisposable {
  /** Same credentials and database as the URL of the server behind it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Stops it and removes its folder. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts PgBouncer (Debian's package `pgbouncer`) in transaction mode in front of a server.
 * @param serverUrl of PostgreSQL, with user and password
 */
export async function startPgBouncer(serverUrl: string): Promise<PgBouncerService> {
  const program = machineProgram("pgbouncer");
  const user = serverUser();
  const folder = temporaryFolder("victor-pgbouncer-", user);
  watchOver({ folder });
  const server = new URL(serverUrl);
  const port = await freePort();
  const login = decodeURIComponent(server.username);
  const password = decodeURIComponent(server.password);
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const config = join(folder, "pgbouncer.ini");
  const users = join(folder, "users.txt");
  const logFile = join(folder, "pgbouncer.log");
  writeFileSync(users, `${quote(login)} ${quote(password)}\n`, { mode: 0o600 });
  writeFileSync(
    config,
    [
      "[databases]",
      `* = host=${server.hostname} port=${server.port}`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = scram-sha-256",
      `auth_file = ${users}`,
      "pool_mode = transaction",
      "default_pool_size = 4",
    ].join("\n"),
    { mode: 0o600 },
  );
  if (user) for (const path of [folder, config, users]) chownSync(path, user.uid, user.gid);
  const log = openSync(logFile, "a");
  const bouncer: ChildProcess = spawn(program, [config], {
    ...user,
    cwd: folder,
    detached: true,
    stdio: ["ignore", log, log],
    env: { PATH: process.env.PATH ?? "" },
  });
  closeSync(log);
  bouncer.unref();
  let failure: Error | undefined;
  bouncer.once("error", (error) => {
    failure = error;
  });
  const pid = bouncer.pid ?? 0;
  if (pid > 0) watchOver({ folder, pid });

  const stop = async (): Promise<void> => {
    if (pid > 0 && bouncer.exitCode === null && bouncer.signalCode === null) {
      signalTree(pid, "SIGKILL", false);
      while (isAlive(pid)) await sleep(5);
    }
    rmSync(folder, { recursive: true, force: true });
    releaseGuard(folder);
  };

  for (const deadline = Date.now() + 10_000; !(await accepts(port)); await sleep(10)) {
    if (failure || bouncer.exitCode !== null || Date.now() > deadline) {
      const text = readFileSync(logFile, "utf8");
      await stop();
      throw new Error(`PgBouncer doesn't start:\n${text}`, { cause: failure });
    }
  }
  const url = new URL(serverUrl);
  url.port = String(port);
  return { url: url.href, port, pid, stop, [Symbol.asyncDispose]: stop };
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}
