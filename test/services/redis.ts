import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { releaseGuard, watchOver } from "./guard.ts";
import { machineProgram } from "./machine-package.ts";
import { isAlive, signalTree } from "./process-tree.ts";
import { type ServerUser, serverUser, temporaryFolder } from "./unprivileged.ts";

export interface RedisServiceOptions {
  /** Lines of redis.conf: `["maxmemory 4mb", "requirepass secret"]`. @default none */
  readonly config?: readonly string[];
  /** The program to run. @default `redis-server` of the machine */
  readonly program?: string;
  /** TLS instead of plain TCP, with this key and certificate. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** With `--sentinel`. @default false */
  readonly isSentinel?: boolean;
}

/** A Redis, or a server that speaks as it, of our own. */
export interface RedisService extends AsyncDisposable {
  readonly port: number;
  /** Without login; `rediss:` with TLS. */
  readonly url: string;
  /** Another one after `restart`. */
  readonly pid: number;
  /** Sends one command on a connection of its own; errors reject. Doesn't work with TLS. */
  command(...args: readonly string[]): Promise<string>;
  /** Ends it if it still runs, and starts it again on the same port with the data of its last snapshot, if any. */
  restart(): Promise<void>;
  /** SIGKILL waits until the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends it and removes its folder. May be called again. */
  stop(): Promise<void>;
}

const portAttempts = 5;

/** Starts a Redis (Debian's package `redis-server`) on a free port of 127.0.0.1, in a temporary folder. */
export async function startRedis(options: RedisServiceOptions = {}): Promise<RedisService> {
  const program =
    options.program ??
    (options.isSentinel ? machineProgram("redis-sentinel") : machineProgram("redis-server"));
  const user = serverUser();
  for (let attempt = 1; ; attempt++) {
    const service = new OwnRedis(
      program,
      temporaryFolder("victor-redis-", user),
      user,
      await freePort(),
      options,
    );
    try {
      await service.start();
      return service;
    } catch (error) {
      await service.stop();
      // Somebody else may have taken the port in between.
      if (attempt >= portAttempts || !/Address already in use/.test(String(error))) throw error;
    }
  }
}

class OwnRedis implements RedisService {
  readonly port: number;
  readonly #program: string;
  readonly #folder: string;
  readonly #user: ServerUser | undefined;
  readonly #options: RedisServiceOptions;
  readonly #config: string;
  readonly #log: string;
  #server: ChildProcess | undefined;

  constructor(
    program: string,
    folder: string,
    user: ServerUser | undefined,
    port: number,
    options: RedisServiceOptions,
  ) {
    this.#program = program;
    this.#folder = folder;
    this.#user = user;
    this.#options = options;
    this.port = port;
    this.#config = join(folder, "redis.conf");
    this.#log = join(folder, "redis.log");
    watchOver({ folder });
    const { tls } = options;
    const files = [this.#config];
    const tlsLines: string[] = [];
    if (tls) {
      for (const [name, text] of Object.entries({ "key.pem": tls.key, "cert.pem": tls.cert })) {
        writeFileSync(join(folder, name), text, { mode: 0o600 });
        files.push(join(folder, name));
      }
      tlsLines.push(
        "port 0",
        `tls-port ${port}`,
        `tls-key-file ${join(folder, "key.pem")}`,
        `tls-cert-file ${join(folder, "cert.pem")}`,
        "tls-auth-clients no",
      );
    } else tlsLines.push(`port ${port}`);
    const own = ["bind 127.0.0.1", `dir ${folder}`, "daemonize no", ...tlsLines];
    const ofServers = options.isSentinel ? [] : ['save ""', "enable-debug-command yes", "appendonly no"];
    writeFileSync(this.#config, [...own, ...ofServers, ...(options.config ?? [])].join("\n"), {
      mode: 0o600,
    });
    if (user) for (const path of [folder, ...files]) chownSync(path, user.uid, user.gid);
  }

  get pid(): number {
    return this.#server?.pid ?? 0;
  }
  get url(): string {
    return `${this.#options.tls ? "rediss" : "redis"}://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    writeFileSync(this.#log, "");
    const log = openSync(this.#log, "a");
    const args = [this.#config, ...(this.#options.isSentinel ? ["--sentinel"] : [])];
    const server = spawn(this.#program, args, {
      ...this.#user,
      cwd: this.#folder,
      detached: true,
      stdio: ["ignore", log, log],
      env: { PATH: process.env.PATH ?? "" },
    });
    closeSync(log);
    server.unref();
    this.#server = server;
    let failure: Error | undefined;
    server.once("error", (error) => {
      failure = error;
    });
    if (server.pid !== undefined) watchOver({ folder: this.#folder, pid: server.pid });
    for (const deadline = Date.now() + 30_000; !(await accepts(this.port)); await sleep(10)) {
      if (failure || server.exitCode !== null || server.signalCode !== null || Date.now() > deadline)
        throw new Error(`${this.#program} doesn't start:\n${readFileSync(this.#log, "utf8")}`, {
          cause: failure,
        });
    }
    // Whoever took the port in between would answer as well.
    if (server.exitCode !== null) throw new Error(readFileSync(this.#log, "utf8"));
  }

  command(...args: readonly string[]): Promise<string> {
    return redisCommand(this.port, args);
  }

  async restart(): Promise<void> {
    await this.kill("SIGKILL");
    await this.start();
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.pid === 0 || !isAlive(this.pid)) return;
    signalTree(this.pid, signal, false);
    if (signal === "SIGKILL") while (isAlive(this.pid)) await sleep(5);
  }

  async stop(): Promise<void> {
    await this.kill("SIGKILL");
    if (existsSync(this.#folder)) rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    releaseGuard(this.#folder);
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Sends one command to a server on 127.0.0.1. @returns its reply as it came, RESP2 */
export function redisCommand(port: number, args: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `*${args.length}\r\n${args.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join("")}`,
  );
  let reply = "";
  socket.on("data", (bytes) => {
    reply += bytes.toString("latin1");
    if (!isWhole(reply)) return;
    if (reply.startsWith("-")) reject(new Error(reply.slice(1).trim()));
    else resolve(reply);
    socket.destroy();
  });
  socket.on("error", reject);
  socket.on("close", () => reject(new Error(`${args[0]}: the connection was closed`)));
  return promise;
}

/** Is it one reply, without nested lists? Lists of lists are taken as whole when the last line is. */
function isWhole(reply: string): boolean {
  if (!reply.endsWith("\r\n")) return false;
  if (!reply.startsWith("$")) return true;
  const length = Number(reply.slice(1, reply.indexOf("\r\n")));
  return length < 0 || reply.length >= reply.indexOf("\r\n") + 2 + length + 2;
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}
