import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { releaseGuard, watchOver } from "./guard.ts";
import { machineProgram } from "./machine-package.ts";
import { isAlive, signalTree } from "./process-tree.ts";
import { serverUser, temporaryFolder } from "./unprivileged.ts";

/** What Prometheus is to scrape. */
export interface PrometheusTarget {
  /** Where the metrics are; `http://127.0.0.1:…/metrics`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. @default none */
  readonly token?: string;
}

/** A Prometheus server of our own, which scrapes one target every second and keeps exemplars. */
export interface PrometheusService extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** `data` of its HTTP API's answer. @throws {Error} when it says that something is wrong */
  get(path: string, parameters?: Readonly<Record<string, string>>): Promise<unknown>;
  /** Stops it and removes its folder. May be called again. */
  stop(): Promise<void>;
}

const portAttempts = 5;

/** Starts Prometheus (Debian's package `prometheus`). */
export async function startPrometheus(target: PrometheusTarget): Promise<PrometheusService> {
  const program = machineProgram("prometheus");
  for (let attempt = 1; ; attempt++)
    try {
      return await start(program, target, await freePort());
    } catch (error) {
      // Somebody else may have taken the port in between.
      if (attempt >= portAttempts || !/address already in use/.test(String(error))) throw error;
    }
}

async function start(program: string, target: PrometheusTarget, port: number): Promise<PrometheusService> {
  const user = serverUser();
  const folder = temporaryFolder("victor-prometheus-", user);
  watchOver({ folder });
  const config = join(folder, "prometheus.yml");
  const logFile = join(folder, "prometheus.log");
  const { host, pathname } = new URL(target.url);
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: "1s", scrape_timeout: "1s" },
      scrape_configs: [
        {
          job_name: "victor",
          metrics_path: pathname,
          static_configs: [{ targets: [host] }],
          ...(target.token !== undefined && { authorization: { credentials: target.token } }),
        },
      ],
    }),
    { mode: 0o600 },
  );
  if (user) for (const path of [folder, config]) chownSync(path, user.uid, user.gid);
  const log = openSync(logFile, "a");
  const server: ChildProcess = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--enable-feature=exemplar-storage",
    ],
    {
      ...user,
      cwd: folder,
      detached: true,
      stdio: ["ignore", log, log],
      env: { PATH: process.env.PATH ?? "" },
    },
  );
  closeSync(log);
  server.unref();
  let failure: Error | undefined;
  server.once("error", (error) => {
    failure = error;
  });
  const pid = server.pid ?? 0;
  if (pid > 0) watchOver({ folder, pid });
  const url = `http://127.0.0.1:${port}`;

  const stop = async (): Promise<void> => {
    if (pid > 0 && server.exitCode === null && server.signalCode === null) {
      signalTree(pid, "SIGKILL", false);
      while (isAlive(pid)) await sleep(5);
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    releaseGuard(folder);
  };

  for (const deadline = Date.now() + 60_000; !(await isReady(url)); await sleep(50)) {
    if (failure || server.exitCode !== null || Date.now() > deadline) {
      const text = readFileSync(logFile, "utf8");
      await stop();
      throw new Error(`Prometheus doesn't start:\n${text}`, { cause: failure });
    }
  }
  const get = async (path: string, parameters: Readonly<Record<string, string>> = {}): Promise<unknown> => {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { status, data, error } = (await response.json()) as Record<string, unknown>;
    if (status !== "success") throw new Error(`Prometheus: ${error}`);
    return data;
  };
  return { url, pid, get, stop, [Symbol.asyncDispose]: stop };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/-/ready`);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Nobody listens there yet.
    return false;
  }
}
