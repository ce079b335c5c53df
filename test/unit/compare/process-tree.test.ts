import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { ProcessTree, parseStat } from "../../../src/compare/process-tree.ts";

test("reads a line of /proc, whatever the program is called", () => {
  const fields = "S 10 20 30 34816 42 4194304 1 2 3 4 250 50 30 20 20 0 1 0 9876 1000 500";
  expect(parseStat(`42 (a) b (c)) ${fields}`)).toEqual({
    pid: 42,
    parent: 10,
    session: 30,
    isGone: false,
    startTicks: 9876,
    cpuMs: 3500,
    reapedMs: 500,
  });
  expect(parseStat(`7 (x) Z ${fields.slice(2)}`)).toMatchObject({ pid: 7, isGone: true });
  expect(parseStat(`7 (x) Z ${fields.slice(2).replace("0 1 0", "0 3 0")}`)).toMatchObject({ isGone: false });
});

test("a process has gone when its port is free, not when its first thread has ended", async () => {
  const program = `const held = Array.from({ length: 20 }, () => Buffer.alloc(8e6, 1));
    require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); });`;
  // A shell that waits for it: what this process waits for itself is known to have ended.
  const shell = spawn("/bin/sh", ["-c", '"$0" -e "$1"; true', process.execPath, program], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = shell.pid!;
  const [port] = await once(shell.stdout, "data");
  const tree = new ProcessTree(pid);
  expect(tree.scan().length).toBe(2);
  process.kill(-pid, "SIGKILL");
  while (tree.scan().length > 0);
  const socket = connect(Number(port), "127.0.0.1");
  await expect(once(socket, "connect")).rejects.toThrow("ECONNREFUSED");
});
