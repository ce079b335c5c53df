import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OptimizationsStatus } from "../../../src/optimizations/status.ts";
import { allSteps } from "../../../src/optimizations/steps/index.ts";
import { autoFile, plainEnvironment, prepareRealPackages } from "../../support/real-packages.ts";
import { runNode } from "../../support/run-node.ts";

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../fixtures/optimizations/${name}`, import.meta.url));
const packages = fileURLToPath(new URL("../../real-packages/harness.mjs", import.meta.url));
const auto = ["--import", autoFile];
let folder: string;

beforeAll(() => {
  prepareRealPackages();
  folder = mkdtempSync(join(tmpdir(), "victor-auto-"));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** Runs a program under auto mode. @returns its output, and the status that was written when it ended */
async function underAuto(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const statusFile = join(folder, "status.json");
  const run = await runNode([...auto, ...args], {
    env: plainEnvironment({ VICTOR_STATUS_FILE: statusFile, ...env }),
  });
  return { ...run, status: JSON.parse(readFileSync(statusFile, "utf8")) as OptimizationsStatus };
}

const stepOf = (status: OptimizationsStatus, id: string) => status.steps.find((step) => step.id === id)!;

describe("close()", () => {
  const all = JSON.stringify(allSteps.map(({ id }) => id));
  it.each([
    ["the safe steps", '"safe"'],
    ["all steps", all],
  ])("leaves nothing behind of %s: no function, listener, timer or handle", async (_, wanted) => {
    const applyAll = new URL("../../../dist/optimizations/apply-all.js", import.meta.url).href;
    const run = await runNode(
      [fixture("close.mjs"), applyAll, packages, wanted, join(folder, "close.json")],
      { env: plainEnvironment() },
    );
    expect(run.stderr).toBe("");
    const told = JSON.parse(run.stdout) as Record<"touched" | "left" | "ignoredOptions", string[]> & {
      isSame: boolean;
      isAppliedAnew: boolean;
      steps: { state: string }[];
    };
    expect(told.left).toEqual([]);
    for (const name of [
      "dns.lookup value",
      "pg.Query.submit value",
      "mysql2.Command.execute value",
      "StatementSync.get value",
    ])
      expect(told.touched).toContain(name);
    expect(told).toMatchObject({ isSame: true, isAppliedAnew: true, ignoredOptions: ["slowQueryMs"] });
    expect(told.steps.filter(({ state }) => state === "failed")).toEqual([]);
  });
});

describe("--import victor-optimizations/auto", () => {
  it.each(["uses-sqlite.cjs", "uses-sqlite.mjs"])("measures what %s runs, and says so", async (name) => {
    const { status, code } = await underAuto([fixture(name)], { VICTOR_SLOW_QUERY_MS: "0" });
    expect(code).toBe(0);
    expect(stepOf(status, "node-sqlite")).toMatchObject({
      state: "applied",
      changes: expect.arrayContaining(["StatementSync.prototype.get"]),
    });
    expect(status.slowQueries.map(({ fingerprint }) => fingerprint)).toContain("select ? + ?");
  });

  it("is in force once in each thread, and serves metrics in the main one alone", async () => {
    const { stdout } = await underAuto([...auto, fixture("threads.mjs")], {
      VICTOR_METRICS_PORT: "0",
      NODE_OPTIONS: `--import=${pathToFileURL(autoFile)}`,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      main: { isApplied: true, isPatched: true },
      worker: {
        isApplied: true,
        isPatched: true,
        threadPool: "the pool belongs to the main thread",
        metrics: [false, "served by the main thread alone"],
      },
    });
  });

  it("writes what a step does once the program has loaded what it waits for, though it is killed then", async () => {
    const statusFile = join(folder, "changes.json");
    const program = file(
      "loads-late.cjs",
      'setInterval(() => {}, 1000); process.stdin.once("data", () => require("node:sqlite"));',
    );
    const child = spawn(process.execPath, [...auto, program], {
      env: plainEnvironment({ VICTOR_STATUS_FILE: statusFile }),
      stdio: ["pipe", "ignore", "ignore"],
    });
    const ended = once(child, "exit");
    try {
      const told = () =>
        existsSync(statusFile)
          ? stepOf(JSON.parse(readFileSync(statusFile, "utf8")) as OptimizationsStatus, "node-sqlite")
          : undefined;
      while (told() === undefined) await sleep(10);
      expect(told()).toMatchObject({ state: "waiting", changes: [] });
      child.stdin.write("now");
      while (told()?.state === "waiting") await sleep(10);
      expect(told()).toMatchObject({ state: "applied" });
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
  });

  it("works with a bundled program", async () => {
    const source = file(
      "bundled.mjs",
      'import { DatabaseSync } from "node:sqlite";\nimport dns from "node:dns";\nsetTimeout(() => {\n  new DatabaseSync(":memory:").prepare("select 1").get();\n  dns.lookup("localhost", 4, (error, address) => console.log(address));\n}, 300);\n',
    );
    const bundle = await rolldown({ input: source, platform: "node" });
    for (const format of ["cjs", "esm"] as const) {
      const output = join(folder, `out.${format === "cjs" ? "cjs" : "mjs"}`);
      await bundle.write({ file: output, format });
      const { stdout, status } = await underAuto([output]);
      expect(stdout).toBe("127.0.0.1\n");
      expect(stepOf(status, "node-sqlite").changes).not.toEqual([]);
    }
    await bundle.close();
  });

  it("writes nothing and ends as before when a program does nothing, throws or exits", async () => {
    for (const text of [
      "",
      "process.exitCode = 3",
      "process.exit(4)",
      "throw new Error('mine')",
      "Promise.reject(new Error('mine'))",
    ]) {
      const program = file("ends.cjs", text);
      const [without, under] = await Promise.all(
        [[], auto].map((flags) => runNode([...flags, program], { env: plainEnvironment() })),
      );
      expect([under!.code, under!.stdout]).toEqual([without!.code, without!.stdout]);
      expect(under!.stderr.split("\n")[0]).toBe(without!.stderr.split("\n")[0]);
    }
  });

  it.each([
    [{ VICTOR_DISABLE: "dns" }, /disable: expected one of "thread-pool".*got "dns"/],
    [{ VICTOR_DISABEL: "dns-cache" }, /VICTOR_DISABEL: unknown variable; did you mean VICTOR_DISABLE\?/],
  ])("doesn't start the program when a setting is wrong: %o", async (env, message) => {
    const program = file("started.cjs", "console.log('started')");
    const run = await runNode([...auto, program], { env: plainEnvironment(env) });
    expect(run).toMatchObject({ code: 9, stdout: "", stderr: expect.stringMatching(message) });
  });

  it("keeps off what is disabled, and applies no more than what is named", async () => {
    const { status } = await underAuto([file("idle.cjs", "")], { VICTOR_DISABLE: "dns-cache" });
    expect(stepOf(status, "dns-cache")).toMatchObject({ state: "off", reason: "disabled" });
    expect(stepOf(status, "retries")).toMatchObject({ state: "off", reason: "not asked for (opt-in)" });
    const named = await underAuto([file("idle.cjs", "")], { VICTOR_OPTIMIZATIONS: "retries" });
    expect(named.status.steps.filter(({ state }) => state !== "off").map(({ id }) => id)).toEqual([
      "retries",
    ]);
  });

  it("takes the size of libuv's pool as it was set from outside", async () => {
    const { status } = await underAuto([file("idle.cjs", "")], { UV_THREADPOOL_SIZE: "7" });
    expect(stepOf(status, "thread-pool")).toMatchObject({
      state: "left-alone",
      reason: "UV_THREADPOOL_SIZE=7 is set from outside",
    });
  });

  it("keeps compiled code for the next start, in a folder of the user's own", async () => {
    const XDG_CACHE_HOME = mkdtempSync(join(folder, "cache-"));
    file("part.cjs", `module.exports = "part";${" ".repeat(1000)}`);
    const program = file("whole.cjs", 'console.log(require("./part.cjs"))');
    const kept = () =>
      readdirSync(XDG_CACHE_HOME, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
        .length;
    const first = await underAuto([program], { XDG_CACHE_HOME });
    expect(stepOf(first.status, "compile-cache")).toMatchObject({
      state: "applied",
      reason: expect.stringContaining(join(XDG_CACHE_HOME, "victor-optimizations", "compile-cache")),
    });
    const files = kept();
    expect(files).toBeGreaterThan(0);
    const second = await underAuto([program], { XDG_CACHE_HOME });
    expect([second.stdout, kept()]).toEqual(["part\n", files]);
  });

  it("keeps no compiled code where that is switched off, and writes to no folder that others may write to", async () => {
    const off = await underAuto([file("idle.cjs", "")], { NODE_DISABLE_COMPILE_CACHE: "1" });
    expect(stepOf(off.status, "compile-cache").state).toBe("left-alone");
    const XDG_CACHE_HOME = mkdtempSync(join(folder, "shared-"));
    mkdirSync(join(XDG_CACHE_HOME, "victor-optimizations"));
    chmodSync(join(XDG_CACHE_HOME, "victor-optimizations"), 0o777);
    const shared = await underAuto([file("idle.cjs", "")], { XDG_CACHE_HOME });
    expect(stepOf(shared.status, "compile-cache")).toMatchObject({
      state: "left-alone",
      reason: expect.stringContaining("can be written by others"),
    });
  });

  it("retries when that is asked for, and gives a last 503 as a response", async () => {
    const program = file(
      "retries.mjs",
      `
import { createServer } from "node:http";
let asked = 0;
const server = createServer((request, response) => {
  asked++;
  response.writeHead(request.url === "/twice" && asked > 1 ? 200 : 503).end("body");
}).listen(0, "127.0.0.1", async () => {
  const origin = "http://127.0.0.1:" + server.address().port;
  const first = await fetch(origin + "/twice");
  const last = await fetch(origin + "/never");
  console.log(first.status, last.status, asked > 3);
  server.closeAllConnections();
  server.close();
});`,
    );
    const { stdout, stderr } = await underAuto([program], { VICTOR_OPTIMIZATIONS: "retries" });
    expect([stdout, stderr]).toEqual(["200 503 true\n", ""]);
  });
});
