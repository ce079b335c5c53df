import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ComparedPrograms, computingServer } from "../../support/compared-programs.ts";

const url = ["--url", "http://127.0.0.1:{port}/"];
const long = [...url, "--rate", "40", "--rounds", "50", "--duration", "0.5", "--warmup", "0.25"];
const slow = 600_000;

test("killed while it waits for a program to listen, leaves none of it", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const deaf = programs.write("deaf.cjs", "setInterval(() => {}, 1000);");
  const { child, ended } = programs.start([...long, "--a", deaf, "--b", deaf]);
  while (programs.pids().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGKILL");
  await ended;
  await programs.untilNoneIsLeft();
});

test("on the second Ctrl-C, leaves at once: no process and no file", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  const run = programs.write("app.cjs", computingServer);
  // A turn of the script never ends, so that it takes a while to stop after the first Ctrl-C.
  programs.write("load.mjs", "export default () => { for (;;); };");
  const { child, said, ended } = programs.start(
    ["--script", "load.mjs", "--rate", "40", "--a", run, "--b", `${run} {port}`],
    { TMPDIR: programs.folder },
  );
  await said("round 1 of");
  while (programs.pids().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  child.kill("SIGINT");
  await said("again to leave at once");
  await new Promise((resolve) => setTimeout(resolve, 400));
  child.kill("SIGINT");
  expect((await ended).code).toBe(130);
  await programs.untilNoneIsLeft();
  expect(readdirSync(programs.folder).filter((name) => name.startsWith("victor-cmp-"))).toEqual([]);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "the load process goes on at %s, which is for the comparison",
  { timeout: slow },
  async (signal) => {
    const entry = fileURLToPath(new URL("../../../src/compare/load/load-child.ts", import.meta.url));
    const child = fork(entry, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const ask = async () => {
      const reply = once(child, "message");
      child.send({ type: "guard", groups: [] });
      return (await reply)[0];
    };
    expect(await ask()).toEqual({});
    child.kill(signal);
    expect(await ask()).toEqual({});
    const exited = once(child, "exit");
    child.disconnect();
    expect(await exited).toEqual([0, null]);
  },
);

test("a group that may not be killed saves no other from it", { timeout: slow }, async () => {
  const entry = fileURLToPath(new URL("../../../src/compare/load/load-child.ts", import.meta.url));
  const load = fork(entry, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  const program = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  try {
    await once(program, "spawn");
    const killed = once(program, "exit");
    // No process can have so high a number: another user's group fails as this does, whoever runs the test.
    load.send({ type: "guard", groups: [2 ** 40, program.pid] });
    await once(load, "message");
    const exited = once(load, "exit");
    load.disconnect();
    expect(await exited).toEqual([0, null]);
    expect(await killed).toEqual([null, "SIGKILL"]);
  } finally {
    program.kill("SIGKILL");
  }
});

test("a file that can't be written is told of before a program runs", { timeout: slow }, async () => {
  using programs = new ComparedPrograms();
  programs.write("job.cjs", "");
  const { code, stderr } = await programs.compare(["--out", "job.cjs/out.md", "--", "node", "job.cjs"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: the report can't be written .*\[VICTOR_REPORT_OUTPUT\]\n$/);
  expect(programs.pids()).toEqual([]);
});
