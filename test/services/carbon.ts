import { type ChildProcess, execFileSync, spawn } from "node:child_process";
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
import { isAlive, signalTree } from "./process-tree.ts";
import { serverUser, temporaryFolder } from "./unprivileged.ts";

/** Graphite's carbon-cache, of our own, with a whisper file for each metric at a step of one second. */
export interface CarbonService extends AsyncDisposable {
  readonly linePort: number;
  readonly picklePort: number;
  /** The values of a path, oldest first, as `whisper-fetch` reads them; empty while there is no file. */
  values(path: string): readonly number[];
  /** What it has logged. */
  log(): string;
  /** Ends it at once; its files stay. */
  kill(): Promise<void>;
  /** Starts it again on the same ports, after `kill`. */
  start(): Promise<void>;
  /** Stops it and removes its folder. May be called again. */
  stop(): Promise<void>;
}

/** Starts carbon-cache (Debian's package `graphite-carbon`). */
export async function startCarbon(): Promise<CarbonService> {
  const program = machineProgram("carbon-cache", "graphite-carbon");
  const fetcher = machineProgram("whisper-fetch", "python3-whisper");
  const user = serverUser();
  const folder = temporaryFolder("victor-carbon-", user);
  watchOver({ folder });
  const [linePort, picklePort, queryPort] = [await freePort(), await freePort(), await freePort()];
  const whisper = join(folder, "whisper");
  const config = join(folder, "carbon.conf");
  const logFile = join(folder, "carbon.log");
  mkdirSync(whisper);
  writeFileSync(
    config,
    [
      "[cache]",
      `STORAGE_DIR = ${folder}/`,
      `LOCAL_DATA_DIR = ${whisper}/`,
      `CONF_DIR = ${folder}/`,
      `LOG_DIR = ${folder}/`,
      `PID_DIR = ${folder}/`,
      "USER =",
      "MAX_UPDATES_PER_SECOND = inf",
      "MAX_CREATES_PER_MINUTE = inf",
      "LINE_RECEIVER_INTERFACE = 127.0.0.1",
      `LINE_RECEIVER_PORT = ${linePort}`,
      "PICKLE_RECEIVER_INTERFACE = 127.0.0.1",
      `PICKLE_RECEIVER_PORT = ${picklePort}`,
      "CACHE_QUERY_INTERFACE = 127.0.0.1",
      `CACHE_QUERY_PORT = ${queryPort}`,
      "CARBON_METRIC_INTERVAL = 0",
      "ENABLE_TAGS = False",
      "LOG_LISTENER_CONN_SUCCESS = False",
    ].join("\n"),
  );
  const schemas = join(folder, "storage-schemas.conf");
  writeFileSync(schemas, "[all]\npattern = .*\nretentions = 1s:1h\n");
  if (user) for (const path of [folder, whisper, config, schemas]) chownSync(path, user.uid, user.gid);
  let carbon: ChildProcess | undefined;

  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, "utf8") : "");
  const kill = async (): Promise<void> => {
    const pid = carbon?.pid;
    if (pid && carbon?.exitCode === null && carbon.signalCode === null) {
      signalTree(pid, "SIGKILL", false);
      while (isAlive(pid)) await sleep(5);
    }
    carbon = undefined;
  };
  const stop = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
    releaseGuard(folder);
  };
  const start = async (): Promise<void> => {
    const output = openSync(logFile, "a");
    const pidFile = join(folder, "carbon.pid");
    rmSync(pidFile, { force: true });
    const args = [`--config=${config}`, `--pidfile=${pidFile}`, "--logfile=-", "--nodaemon", "start"];
    const child = spawn(program, args, {
      ...user,
      cwd: folder,
      detached: true,
      stdio: ["ignore", output, output],
      env: { PATH: process.env.PATH ?? "", HOME: folder, PYTHONDONTWRITEBYTECODE: "1" },
    });
    closeSync(output);
    child.unref();
    carbon = child;
    let failure: Error | undefined;
    child.once("error", (error) => {
      failure = error;
    });
    if (child.pid) watchOver({ folder, pid: child.pid });
    for (const deadline = Date.now() + 60_000; !(await accept(linePort, picklePort)); await sleep(20)) {
      if (!failure && child.exitCode === null && Date.now() < deadline) continue;
      const text = log();
      await stop();
      throw new Error(`carbon-cache doesn't start:\n${text}`, { cause: failure });
    }
  };

  const values = (path: string): readonly number[] => {
    const file = join(whisper, `${path.replaceAll(".", "/")}.wsp`);
    if (!existsSync(file)) return [];
    const from = Math.floor(Date.now() / 1000) - 3500;
    const read = execFileSync(fetcher, ["--json", `--from=${from}`, file], { encoding: "utf8" });
    const { values } = JSON.parse(read) as { values: (number | null)[] };
    return values.filter((value) => value !== null);
  };
  await start();
  return { linePort, picklePort, values, log, kill, start, stop, [Symbol.asyncDispose]: stop };
}

async function accept(...ports: readonly number[]): Promise<boolean> {
  const each = ports.map((port) => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    return promise.finally(() => socket.destroy());
  });
  return (await Promise.all(each)).every(Boolean);
}
