import { fork } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { armModule } from "./module-url.ts";

/** A Redis server of the report's own. */
export interface OwnRedis {
  readonly port: number;
  readonly version: string;
  close(): Promise<void>;
}

const portAttempts = 5;

/** @returns path of `redis-server` or `valkey-server`, `undefined` where neither is on the PATH */
export function redisProgram(path = process.env.PATH ?? ""): string | undefined {
  for (const name of ["redis-server", "valkey-server"])
    for (const folder of path.split(delimiter)) {
      const program = join(folder, name);
      if (folder !== "" && isExecutable(program)) return program;
    }
  return undefined;
}

/**
 * Starts a server on a free port of 127.0.0.1.
 * @throws {Error} with what the server said, when it doesn't start
 */
export async function startOwnRedis(program: string, folder: string): Promise<OwnRedis> {
  for (let attempt = 1; ; attempt++)
    try {
      return await started(program, folder, await freePort());
    } catch (error) {
      // Somebody else may have taken the port in between.
      if (attempt === portAttempts || !/Address already in use/.test(String(error))) throw error;
    }
}

async function started(program: string, folder: string, port: number): Promise<OwnRedis> {
  const args = [program, folder, String(port)];
  const child = fork(fileURLToPath(armModule("redis-entry")), args, { execArgv: [] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.once("message", ({ version, error }: { version?: string; error?: string }) =>
    error === undefined ? resolve(version ?? "") : reject(new Error(`${program}: ${error}`)),
  );
  child.once("error", reject);
  child.once("exit", () => reject(new Error(`${program}: ended before it could be asked`)));
  const close = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await ended;
  };
  try {
    return { port, version: await promise, close };
  } catch (error) {
    // Its channel would keep this process alive. A child that was never born doesn't end.
    if (child.pid !== undefined) await close();
    throw error;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not for us: the next place may have it.
    return false;
  }
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer().once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}
