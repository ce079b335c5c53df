import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "./free-port.ts";
import { startPostgres } from "./postgres.ts";
import { isAlive } from "./process-tree.ts";
import { isPassable, reachableBinaries, temporaryFolder } from "./unprivileged.ts";

const stranger = { uid: 65_534, gid: 65_534 };

test("a server and its folder are gone when the process that started it is killed, even a frozen one", async () => {
  const module = new URL("./postgres.ts", import.meta.url).href;
  const script = `
    const { startPostgres } = await import(${JSON.stringify(module)});
    const server = await startPostgres();
    server.kill("SIGSTOP");
    process.send({ pid: server.pid, dataDir: server.dataDir });
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const started = Promise.withResolvers<{ pid: number; dataDir: string }>();
  owner.once("message", started.resolve as (message: unknown) => void).once("exit", started.reject);
  const { pid, dataDir } = await started.promise;
  expect([isAlive(pid), existsSync(dataDir)]).toEqual([true, true]);
  owner.kill("SIGKILL");
  await expect.poll(() => existsSync(dirname(dataDir)), { interval: 20 }).toBe(false);
  expect(isAlive(pid)).toBe(false);
});

test("stop ends the server, removes its folder and may be called twice", async () => {
  const server = await startPostgres();
  const { pid, dataDir } = server;
  await server.stop();
  await server.stop();
  expect([isAlive(pid), existsSync(dirname(dataDir))]).toEqual([false, false]);
});

test("binaries that the server's user can't reach are copied to where it can", () => {
  const folder = temporaryFolder("victor-test-", stranger);
  try {
    const closed = join(folder, "home");
    mkdirSync(join(closed, "native", "bin"), { recursive: true });
    writeFileSync(join(closed, "native", "bin", "postgres"), "binary");
    chmodSync(closed, 0o755);
    expect(reachableBinaries(join(closed, "native"), folder, stranger)).toBe(join(closed, "native"));
    chmodSync(closed, 0o700);
    expect(isPassable(join(closed, "native"), stranger)).toBe(false);
    expect(isPassable(join(closed, "native"), undefined)).toBe(true);
    const copy = reachableBinaries(join(closed, "native"), folder, stranger);
    expect([copy, existsSync(join(copy, "bin", "postgres"))]).toEqual([join(folder, "native"), true]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a free port takes no connections", async () => {
  const socket = connect(await freePort(), "127.0.0.1");
  const { promise, resolve } = Promise.withResolvers<unknown>();
  socket.once("connect", () => resolve("connected")).once("error", resolve);
  expect(await promise).toMatchObject({ code: "ECONNREFUSED" });
});
