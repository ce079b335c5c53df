import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { recordProcess } from "../../../src/profiler/program/index.ts";
import { ProfiledPrograms, type Running } from "../../support/profiled-program.ts";

const app = `function hot(ms) { const end = performance.now() + ms; let x = 0; while (performance.now() < end) x += Math.sqrt(x + 1); return x; }
setInterval(() => hot(30), 60); console.log("ready");`;

/** An address that Node's inspector says it listens on. */
const portOf = ({ output }: Running): number => {
  const ports = Array.from(output.stderr.matchAll(/listening on ws:\/\/127\.0\.0\.1:(\d+)/g));
  return Number(ports.at(-1)?.[1]);
};

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    }).once("error", () => resolve(false));
  });
}

test("attaches to a process, profiles it, and closes the inspector that it had opened", async () => {
  using programs = new ProfiledPrograms();
  programs.write("app.cjs", app);
  const target = programs.start(["--inspect-port=0", "app.cjs"]);
  await target.said("ready");
  const running = programs.victor([
    "--attach",
    String(target.child.pid),
    "--duration",
    "4",
    "--format",
    "json",
  ]);
  expect({ ...(await running.ended), stderr: running.output.stderr }).toMatchObject({ code: 0 });
  expect(await isOpen(portOf(target))).toBe(false);
  expect(target.child.exitCode).toBeNull();
  const profile = programs.read();
  expect(profile).toMatchObject({ pid: target.child.pid, deoptimizations: null });
  expect(profile.threads[0]?.functions.map(({ place }) => place.name)).toContain("hot");
  expect(profile.threads[0]?.loop.turns).toBeGreaterThan(0);
});

test("leaves an inspector open that was open before", async () => {
  using programs = new ProfiledPrograms();
  programs.write("app.cjs", app);
  const target = programs.start(["--inspect=0", "app.cjs"]);
  await target.said("ready");
  const running = programs.victor([
    "--attach",
    String(target.child.pid),
    "--duration",
    "0.5",
    "--format",
    "json",
  ]);
  expect({ ...(await running.ended), stderr: running.output.stderr }).toMatchObject({ code: 0 });
  expect(await isOpen(portOf(target))).toBe(true);
  expect(target.output.stderr.match(/listening on/g)).toHaveLength(1);
});

test("ctrl-C ends the recording, which is reported, and not the process", async () => {
  using programs = new ProfiledPrograms();
  programs.write("app.cjs", app);
  const target = programs.start(["--inspect-port=0", "app.cjs"]);
  await target.said("ready");
  const running = programs.victor([
    "--attach",
    String(target.child.pid),
    "--duration",
    "600",
    "--format",
    "json",
  ]);
  while (!/Debugger attached/.test(target.output.stderr)) await once(target.child.stderr!, "data");
  running.child.kill("SIGINT");
  const { code } = await running.ended;
  // Before the recording began there is nothing to report.
  expect([0, 130]).toContain(code);
  expect(await isOpen(portOf(target))).toBe(false);
  expect(target.child.exitCode).toBeNull();
});

test("what a process did that never yields is reported, though it is too busy to close its inspector", async () => {
  using programs = new ProfiledPrograms();
  programs.write(
    "app.cjs",
    `console.log("ready"); function spin() { let x = 0; for (;;) x += Math.sqrt(x + 1); } setTimeout(spin, 50);`,
  );
  const target = programs.start(["--inspect-port=0", "app.cjs"]);
  await target.said("ready");
  const running = programs.victor([
    "--attach",
    String(target.child.pid),
    "--duration",
    "4",
    "--format",
    "json",
  ]);
  expect({ ...(await running.ended), stderr: running.output.stderr }).toMatchObject({ code: 0 });
  expect(running.output.stderr).toContain("the process is too busy to close it");
  // V8 doesn't know of the loop itself, which was compiled before the profiler came, but of what called it.
  expect(programs.read().threads[0]?.samples).toBeGreaterThan(0);
  expect(target.child.exitCode).toBeNull();
});

test("a process that isn't there, or isn't Node, is refused and not disturbed", async () => {
  using programs = new ProfiledPrograms();
  const gone = programs.victor(["--attach", "999999999"]);
  expect(await gone.ended).toMatchObject({ code: 1 });
  expect(gone.output.stderr).toMatch(/there is no process 999999999 \[VICTOR_PROFILE_TARGET\]/);
  const other = spawn("sleep", ["60"]);
  try {
    const running = programs.victor(["--attach", String(other.pid)]);
    expect(await running.ended).toMatchObject({ code: 1 });
    expect(running.output.stderr).toMatch(/runs sleep, not Node \[VICTOR_PROFILE_TARGET\]/);
    expect(other.exitCode).toBeNull();
    expect(other.signalCode).toBeNull();
  } finally {
    other.kill("SIGKILL");
  }
});

test("says that the inspector's port is taken", async () => {
  using programs = new ProfiledPrograms();
  const taken = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  try {
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    programs.write("app.cjs", app);
    const target = programs.start([`--inspect-port=${port}`, "app.cjs"]);
    await target.said("ready");
    const running = programs.victor(["--attach", String(target.child.pid)]);
    expect(await running.ended).toMatchObject({ code: 1 });
    expect(running.output.stderr).toMatch(
      /(?:can't open its inspector|didn't open its inspector).*\[VICTOR_PROFILE_TARGET\]/,
    );
    expect(target.child.exitCode).toBeNull();
  } finally {
    taken.close();
  }
});

test("gives up on a process that takes the connection and answers nothing, when it is told to", async () => {
  using programs = new ProfiledPrograms();
  const wait =
    'require("node:child_process").execFileSync("cat", { stdio: ["inherit", "ignore", "ignore"] })';
  programs.write("waits.cjs", `console.log("ready"); ${wait};`);
  const target = programs.start(["--inspect=0", "waits.cjs"]);
  await target.said("ready");
  const caller = new AbortController();
  const recording = recordProcess(target.child.pid!, { signal: caller.signal });
  const reason = new Error("enough");
  const refused = expect(recording).rejects.toBe(reason);
  // Long enough to be connected by then on a machine that isn't busy; else it is given up before.
  setTimeout(() => caller.abort(reason), 1000);
  await refused;
  expect(target.child.exitCode).toBeNull();
  target.child.stdin!.end();
  await target.ended;
});

test("waits no longer than that for a process that was told to end the recording and answers nothing", async () => {
  using programs = new ProfiledPrograms();
  const wait =
    'require("node:child_process").execFileSync("cat", { stdio: ["inherit", "ignore", "ignore"] })';
  programs.write("waits.cjs", `console.log("ready"); process.stdin.once("data", () => ${wait});`);
  const target = programs.start(["--inspect=0", "waits.cjs"]);
  await target.said("ready");
  const caller = new AbortController();
  const recording = recordProcess(target.child.pid!, { durationMs: 600_000, signal: caller.signal });
  const refused = expect(recording).rejects.toMatchObject({ reason: "not-listening" });
  while (!/Debugger attached/.test(target.output.stderr)) await once(target.child.stderr!, "data");
  target.child.stdin!.write("now");
  // It is blocked when it has taken that, which nobody can tell from outside.
  setTimeout(() => caller.abort(), 1000);
  await refused;
  expect(target.child.exitCode).toBeNull();
  target.child.stdin!.end();
  await target.ended;
});
