import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DoctorDocument, Finding } from "../../../src/doctor/index.ts";
import { machineProgram } from "../../services/machine-package.ts";
import { runNode } from "../../support/run-node.ts";

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
let dir: string;
const { NODE_OPTIONS, NODE_ENV, UV_THREADPOOL_SIZE, DATABASE_URL, FORCE_COLOR, ...env } = process.env;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "victor-doctor-"));
  writeFileSync(join(dir, "package.json"), JSON.stringify({ dependencies: { express: "5", redis: "6" } }));
});
afterAll(() => rmSync(dir, { recursive: true }));

const doctor = (args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
  runNode([main, "doctor", "--dir", dir, ...args], { env: { ...env, ...more } });
const findingOf = (stdout: string, id: string): Finding | undefined =>
  (JSON.parse(stdout) as DoctorDocument).findings.find((finding) => finding.id === id);

test("a problem is printed with why, what mends it and where that is written, and the exit code is 1", async () => {
  const { code, stdout, stderr } = await doctor([]);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^problem {2}peers +package\.json asks for redis, which isn't installed$/m);
  expect(stdout).toMatch(/^ +why the part that uses it fails at its first use$/m);
  expect(stdout).toMatch(/^ +do {2}npm install redis$/m);
  expect(stdout).toMatch(/^advice {3}node-env +NODE_ENV isn't set$/m);
  expect(stdout).toMatch(/\n\n1 problem, \d+ advice, \d+ unknown, \d+ ok\n$/);
  expect(code).toBe(1);
});

test("JSON has a version, counts, and the same findings", async () => {
  const { code, stdout } = await doctor(["--json"], { NODE_ENV: "production" });
  const document = JSON.parse(stdout) as DoctorDocument;
  expect(document).toMatchObject({ schemaVersion: 1, dir });
  expect(document.counts.problem).toBe(1);
  expect(findingOf(stdout, "node-env")).toEqual({
    id: "node-env",
    severity: "ok",
    what: "NODE_ENV=production",
  });
  expect(findingOf(stdout, "peers")).toMatchObject({ severity: "problem", mend: "npm install redis" });
  expect(code).toBe(1);
});

test("a folder without problems ends with 0", async () => {
  const healthy = mkdtempSync(join(tmpdir(), "victor-healthy-"));
  try {
    writeFileSync(join(healthy, "package.json"), "{}");
    const { code, stdout } = await runNode([main, "doctor", "--dir", healthy], { env });
    expect(stdout).toContain("\n0 problems, ");
    expect(code).toBe(0);
  } finally {
    rmSync(healthy, { recursive: true });
  }
});

test("what can't be looked at ends with 2", async () => {
  const none = await runNode([main, "doctor", "--dir", join(dir, "none")], { env });
  expect(none).toMatchObject({ code: 2, stdout: "" });
  expect(none.stderr).toContain("[VICTOR_DOCTOR_TARGET]");
  expect((await doctor(["--pid", "x"])).code).toBe(2);
});

test("limits of the shell and options of the environment are seen", async () => {
  const { stdout } = spawnSync(
    "sh",
    ["-c", 'ulimit -n 200 && exec "$0" "$@"', process.execPath, main, "doctor", "--json", "--dir", dir],
    { encoding: "utf8", env: { ...env, NODE_OPTIONS: "--max-old-space-size=123 --enable-source-maps" } },
  );
  expect(findingOf(stdout, "open-files")).toMatchObject({
    severity: "problem",
    what: "at most 200 open files and sockets",
  });
  const heapMib = Number(/grow to (\d+) MiB/.exec(findingOf(stdout, "heap-limit")?.what ?? "")?.[1]);
  // Old space as set, and three semi-spaces of 64 MiB at most.
  expect(heapMib).toBeGreaterThanOrEqual(123);
  expect(heapMib).toBeLessThanOrEqual(123 + 3 * 64);
  expect(findingOf(stdout, "source-maps")?.severity).toBe("advice");
});

test("a terminal gets colours, and none with NO_COLOR", () => {
  const onTerminal = (more: NodeJS.ProcessEnv): string =>
    spawnSync(
      machineProgram("script", "bsdutils"),
      ["-qec", `'${process.execPath}' '${main}' doctor --dir '${dir}'`, "/dev/null"],
      {
        encoding: "utf8",
        // With CI set, Node takes a terminal for one without colours.
        env: { ...env, TERM: "xterm-256color", CI: undefined, NO_COLOR: undefined, ...more },
      },
    ).stdout;
  expect(onTerminal({})).toContain("\u001b[31mproblem");
  expect(onTerminal({ NO_COLOR: "1" })).not.toContain("\u001b[");
});

test("of a running process, its own environment, flags and threads are seen", async () => {
  const child = spawn(
    process.execPath,
    [
      "--max-old-space-size=222",
      "-e",
      `require("node:fs").stat("/", () => {
         process.env.UV_THREADPOOL_SIZE = "9";
         console.log("ready");
       });
       setInterval(() => {}, 1000);`,
    ],
    { env: { ...env, UV_THREADPOOL_SIZE: "6", NODE_ENV: "staging" } },
  );
  try {
    await once(child.stdout, "data");
    const { stdout } = await doctor(["--json", "--pid", String(child.pid)]);
    expect(findingOf(stdout, "heap-limit")?.what).toContain("V8 lets the heap grow to 222 MiB");
    expect(findingOf(stdout, "pool-threads")).toMatchObject({
      severity: "ok",
      what: expect.stringContaining("6 threads"),
    });
    expect(findingOf(stdout, "node-env")?.what).toBe("NODE_ENV=staging");
    expect(findingOf(stdout, "node-release")?.what).toContain(process.versions.node);
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

test("what is a FIFO or a device is said, not waited for", async () => {
  const odd = mkdtempSync(join(tmpdir(), "victor-odd-files-"));
  const look = () => runNode([main, "doctor", "--dir", odd, "--json"], { env });
  try {
    execFileSync("mkfifo", [join(odd, "package.json"), join(odd, "Dockerfile")]);
    const noProject = await look();
    expect(noProject.code).toBe(0);
    const what = `${join(odd, "package.json")}: it is a FIFO, not a regular file`;
    for (const id of ["peers", "lock-file"])
      expect(findingOf(noProject.stdout, id)).toEqual({ id, severity: "unknown", what });

    rmSync(join(odd, "package.json"));
    writeFileSync(join(odd, "package.json"), JSON.stringify({ dependencies: { redis: "6" } }));
    mkdirSync(join(odd, "node_modules", "redis"), { recursive: true });
    symlinkSync("/dev/zero", join(odd, "node_modules", "redis", "package.json"));
    const project = await look();
    expect(project.code).toBe(1);
    expect(findingOf(project.stdout, "start-wrapper")).toEqual({
      id: "start-wrapper",
      severity: "unknown",
      what: "Dockerfile: it is a FIFO, not a regular file",
    });
    expect(findingOf(project.stdout, "peers")).toMatchObject({ severity: "problem" });
  } finally {
    rmSync(odd, { recursive: true });
  }
});

test("findings that can't be written, on a full disk say, are an error and not a problem of the program", () => {
  const full = openSync("/dev/full", "w");
  try {
    const stdio = ["ignore", full, "pipe"] as const;
    const ended = spawnSync(process.execPath, [main, "doctor", "--dir", dir], {
      env,
      stdio: [...stdio],
      encoding: "utf8",
    });
    expect(ended.stderr).toMatch(/^error: standard output can't be written: ENOSPC.*\n$/);
    expect(ended.status).toBe(2);
  } finally {
    closeSync(full);
  }
});

test("what is said on standard error may be lost, and the work goes on", () => {
  const full = openSync("/dev/full", "w");
  try {
    const args = [main, "tools", "select", "read a file", "--k", "1", "--json"];
    const ended = spawnSync(process.execPath, args, {
      env,
      stdio: ["ignore", "pipe", full],
      encoding: "utf8",
    });
    expect(JSON.parse(ended.stdout)).toMatchObject({ query: "read a file" });
    expect(ended.status).toBe(0);
  } finally {
    closeSync(full);
  }
});
