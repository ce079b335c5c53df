import { type ChildProcess, spawn } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { releaseGuard, watchOver } from "./guard.ts";
import { machineProgram } from "./machine-package.ts";
import { signalTree } from "./process-tree.ts";
import { type ServerUser, serverUser, temporaryFolder } from "./unprivileged.ts";

export interface MariadbOptions {
  /** Server variables, as in my.cnf. @default those of `fastSettings`: little durability, for speed */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Key and certificate in PEM: sessions may then be encrypted. @default none */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A MariaDB server of our own, with a database `app`. */
export interface MariadbService extends AsyncDisposable {
  /** With user and password; the user `app` may do everything. */
  readonly url: string;
  readonly port: number;
  /** Another one after `restart`. */
  readonly pid: number;
  /** Same, for another database or another user of this server. */
  urlOf(database: string, user?: string): string;
  /** Stops the server if it still runs, and starts it again on the same port and data. */
  restart(): Promise<void>;
  /** SIGSTOP is a hang, SIGCONT its end, SIGKILL a crash. */
  kill(signal: NodeJS.Signals): void;
  /** Stops the server and removes its folder. May be called again. */
  stop(): Promise<void>;
}

/** What makes a throw-away server quick and small. */
export const fastSettings: Readonly<Record<string, string | number>> = Object.freeze({
  innodb_flush_log_at_trx_commit: 0,
  debug_no_sync: "ON",
  innodb_buffer_pool_size: "32M",
  innodb_log_file_size: "16M",
  max_connections: 100,
});

/** A password with signs that must be escaped in a URL, so that whatever leaks or mangles it shows. */
const password = "s3cret-p@ss/word";
const startTimeoutMs = 60_000;
const portAttempts = 5;

/**
 * Starts a MariaDB server on a free port of 127.0.0.1, in a temporary folder, from Debian's package `mariadb-server`;
 * a few seconds. It ends with `stop`, and also when this process dies.
 * @throws {Error} with the server's log when it can't be started
 */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbService> {
  const programs = {
    server: machineProgram("mariadbd", "mariadb-server"),
    install: machineProgram("mariadb-install-db", "mariadb-server"),
  };
  const user = serverUser();
  const folder = temporaryFolder("victor-mariadb-", user);
  watchOver({ folder });
  const settings = {
    ...fastSettings,
    ...options.settings,
    ...(options.tls && tlsSettings(folder, user, options.tls)),
  };
  const service = new MachineMariadb(folder, user, programs, settings);
  try {
    await service.start();
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}

class MachineMariadb implements MariadbService {
  #port = 0;
  #server: ChildProcess | undefined;
  readonly #folder: string;
  readonly #dataDir: string;
  readonly #logFile: string;
  readonly #initFile: string;
  readonly #user: ServerUser | undefined;
  readonly #programs: { readonly server: string; readonly install: string };
  readonly #settings: Readonly<Record<string, string | number>>;

  constructor(
    folder: string,
    user: ServerUser | undefined,
    programs: { readonly server: string; readonly install: string },
    settings: Readonly<Record<string, string | number>>,
  ) {
    this.#folder = folder;
    this.#user = user;
    this.#programs = programs;
    this.#settings = settings;
    this.#dataDir = join(folder, "data");
    this.#logFile = join(folder, "server.log");
    this.#initFile = join(folder, "init.sql");
  }

  get port(): number {
    return this.#port;
  }
  get pid(): number {
    return this.#server?.pid ?? 0;
  }
  get url(): string {
    return this.urlOf("app");
  }
  urlOf(database: string, user = "app"): string {
    return `mysql://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.#port}/${encodeURIComponent(database)}`;
  }

  async start(): Promise<void> {
    mkdirSync(this.#dataDir, { mode: 0o700 });
    writeFileSync(
      this.#initFile,
      [
        "CREATE DATABASE IF NOT EXISTS app CHARACTER SET utf8mb4;",
        `CREATE USER IF NOT EXISTS 'app'@'127.0.0.1' IDENTIFIED BY '${password}';`,
        "GRANT ALL ON *.* TO 'app'@'127.0.0.1' WITH GRANT OPTION;",
      ].join("\n"),
    );
    for (const path of [this.#folder, this.#dataDir, this.#initFile])
      if (this.#user) chownSync(path, this.#user.uid, this.#user.gid);
    await this.#install();
    for (let attempt = 1; ; attempt++) {
      this.#port = await freePort();
      try {
        return await this.#launch();
      } catch (error) {
        // Somebody else may have taken the port in between.
        if (attempt >= portAttempts || !/Can't start server: Bind/.test(this.#log())) throw error;
      }
    }
  }

  async restart(): Promise<void> {
    await this.#shutDown();
    await this.#launch();
  }

  kill(signal: NodeJS.Signals): void {
    signalTree(this.pid, signal, false);
  }

  async stop(): Promise<void> {
    await this.#shutDown();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    releaseGuard(this.#folder);
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #install(): Promise<void> {
    const log = openSync(this.#logFile, "a");
    const args = [`--datadir=${this.#dataDir}`, "--auth-root-authentication-method=normal"];
    const child = spawn(this.#programs.install, ["--no-defaults", ...args, "--skip-test-db"], {
      ...this.#user,
      cwd: this.#folder,
      stdio: ["ignore", log, log],
      env: environment(),
    });
    closeSync(log);
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.once("error", reject).once("exit", resolve);
    const code = await promise;
    if (code !== 0) throw new Error(`mariadb-install-db failed (${code}):\n${this.#log()}`);
  }

  async #launch(): Promise<void> {
    const settings = Object.entries({
      ...this.#settings,
      port: this.#port,
      bind_address: "127.0.0.1",
      datadir: this.#dataDir,
      socket: join(this.#folder, "s"),
      pid_file: join(this.#folder, "pid"),
      init_file: this.#initFile,
      tmpdir: this.#folder,
      skip_name_resolve: "ON",
    }).map(([name, value]) => `--${name.replaceAll("_", "-")}=${value}`);
    writeFileSync(this.#logFile, "");
    const log = openSync(this.#logFile, "a");
    const server = spawn(this.#programs.server, ["--no-defaults", ...settings], {
      ...this.#user,
      cwd: this.#folder,
      // Its own session: a Ctrl-C on the terminal is ours to handle.
      detached: true,
      stdio: ["ignore", log, log],
      env: environment(),
    });
    closeSync(log);
    this.#server = server;
    server.unref();
    let failure: Error | undefined;
    server.once("error", (error) => {
      failure = error;
    });
    if (server.pid !== undefined) watchOver({ folder: this.#folder, pid: server.pid });
    for (const deadline = Date.now() + startTimeoutMs; ; await sleep(10)) {
      if (failure) throw failure;
      if (server.exitCode !== null || server.signalCode !== null)
        throw new Error(`MariaDB ended at its start:\n${this.#log()}`);
      // The init file, which makes the user, is run before the server says so.
      if (/ready for connections/.test(this.#log()) && (await accepts(this.#port))) return;
      if (Date.now() > deadline) throw new Error(`MariaDB isn't ready:\n${this.#log()}`);
    }
  }

  async #shutDown(): Promise<void> {
    const server = this.#server;
    if (server?.pid === undefined) return;
    signalTree(server.pid, "SIGCONT", false);
    signalTree(server.pid, "SIGTERM", false);
    const runs = () => server.exitCode === null && server.signalCode === null;
    for (const deadline = Date.now() + 20_000; runs(); await sleep(5))
      if (Date.now() > deadline) signalTree(server.pid, "SIGKILL", false);
    this.#server = undefined;
  }

  #log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, "utf8") : "";
  }
}

function tlsSettings(
  folder: string,
  user: ServerUser | undefined,
  { key, cert }: { readonly key: string; readonly cert: string },
): Readonly<Record<string, string>> {
  const files = { ssl_key: join(folder, "key.pem"), ssl_cert: join(folder, "cert.pem") };
  writeFileSync(files.ssl_key, key, { mode: 0o600 });
  writeFileSync(files.ssl_cert, cert);
  if (user) for (const path of Object.values(files)) chownSync(path, user.uid, user.gid);
  return files;
}

/** Only what a server needs: the caller's credentials stay out. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: `${process.env.PATH ?? ""}:/usr/sbin:/usr/bin:/bin`, LC_ALL: "C", TZ: "UTC" };
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}
