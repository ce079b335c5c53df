import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { RunningServer } from "../../../src/compare/running-server.ts";

const server = `require("node:http").createServer((_, response) => response.end()).listen(process.env.PORT, "127.0.0.1")`;

test("a server that may not be stopped holds nothing else: its probes' socket is closed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "victor-server-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const heard: boolean[] = [];
  const running = await RunningServer.start(
    { name: "a", command: [process.execPath, "-e", server], env: {} },
    { url: "http://127.0.0.1:{port}/", ownPort: true, answers: true, startTimeoutMs: 60_000, folder },
    { graceMs: 60_000, onStarted: async () => undefined, onStopped: (ok) => heard.push(ok) },
  );
  const [socket = ""] = readdirSync(folder);
  const denied = Object.assign(new Error("kill EPERM"), { code: "EPERM" });
  const kill = vi.spyOn(process, "kill").mockImplementationOnce(() => {
    throw denied;
  });
  onTestFinished(() => kill.mockRestore());
  await expect(running[Symbol.asyncDispose]()).rejects.toBe(denied);
  await expect.poll(() => existsSync(join(folder, socket))).toBe(false);
  // It isn't taken for one that has been stopped.
  expect(heard).toEqual([]);
  await running[Symbol.asyncDispose]();
  expect(heard).toEqual([true]);
});
