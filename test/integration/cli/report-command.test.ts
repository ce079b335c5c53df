import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ReportDocument } from "../../../src/report/index.ts";
import { machineProgram } from "../../services/machine-package.ts";
import { childrenOf, isAlive } from "../../services/process-tree.ts";
import { usePostgres } from "../../services/use-postgres.ts";

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "victor-cli-"));
});
afterEach(async () => {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the command as a user would, in a folder of its own, whose temporary files lie there too. */
function start(
  args: readonly string[],
  env: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Outcome> } {
  const { DATABASE_URL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { ...inherited, TMPDIR: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Outcome>((resolve) =>
    child.on("close", (code) => resolve({ code, stdout, stderr })),
  );
  return { child, ended };
}
const run = (args: readonly string[], env?: Record<string, string>) => start(args, env).ended;

describe("victor", () => {
  test("prints its version and its help, and is done", async () => {
    const { version } = JSON.parse(
      await readFile(new URL("../../../package.json", import.meta.url), "utf8"),
    ) as {
      version: string;
    };
    expect(await run(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    const help = await run(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("report [options]");
    expect((await run(["report", "--help"])).stdout).toContain("--only <areas>");
  });

  test("without a command shows what there is, with the exit code of wrong usage", async () => {
    const { code, stderr } = await run([]);
    expect(code).toBe(2);
    expect(stderr).toContain("Usage: victor [options] [command]");
  });
});

describe("victor report refuses", () => {
  test.each([
    [["--only", "databse"], '--only: unknown "databse"; valid are service, database'],
    [["--only", "database,"], "expected words with commas between them"],
    [["--format", "md,pdf"], '--format: unknown "pdf"; valid are md, html, json'],
    [["--engine", "oracle"], '--engine: unknown "oracle"; valid are sqlite, postgres'],
    [["--engine", "postgres"], "give --url postgres://user:password@host:5432/database, or set DATABASE_URL"],
    [["--url", "mysql://x/y"], "--url: expected a URL such as postgres://user:password@host:5432/database"],
    [["--engine", "postgres", "--url", "nonsense"], "--url: expected a URL such as postgres://"],
    [
      ["--engine", "sqlite", "--url", "postgres://x/y"],
      "the SQLite rows run on a temporary file and take no URL",
    ],
    [["--quik"], "unknown option '--quik'"],
    [["extra"], "too many arguments"],
  ])("%j, says what is valid, and writes nothing", async (args, message) => {
    const { code, stdout, stderr } = await run(["report", ...args]);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ["a file", "taken"],
    ["a folder below a file", "taken/deeper/still"],
    ["a folder that no one can make", "/proc/victor/reports"],
  ])("an output that is %s, before it measures anything", async (_, out) => {
    await writeFile(join(folder, "taken"), "");
    const { child, ended } = start(["report", "--quick", "--out", out]);
    const measured: number[] = [];
    const watch = setInterval(() => measured.push(...childrenOf(child.pid ?? 0)), 20);
    const { code, stdout, stderr } = await ended;
    clearInterval(watch);
    expect(stderr).toContain(`error: the report can't be written to ${out} (`);
    expect(stderr).toContain("[VICTOR_REPORT_OUTPUT]");
    expect({ code, stdout, measured }).toEqual({ code: 2, stdout: "", measured: [] });
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  test("a server that does not answer: names it without its password and says what to give", async () => {
    const url = "postgres://someone:hushhush@127.0.0.1:9/shop";
    const { code, stderr } = await run(["report", "--only", "database", "--engine", "postgres"], {
      DATABASE_URL: url,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /no PostgreSQL answers at postgres:\/\/127\.0\.0\.1:9\/shop \(.*ECONNREFUSED.*\); give a reachable one with --url .* \[VICTOR_REPORT_DATABASE\]/,
    );
    expect(stderr).not.toContain("hushhush");
    expect(await readdir(folder)).toEqual([]);
  });
});

/** Waits until the command measures: its arms are processes of its own. */
async function untilMeasuring(child: ChildProcess): Promise<number[]> {
  for (;;) {
    const arms = childrenOf(child.pid ?? 0);
    if (arms.length >= 2) {
      await sleep(1500);
      return childrenOf(child.pid ?? 0);
    }
    if (child.exitCode !== null) throw new Error(`ended with code ${child.exitCode} before it measured`);
    await sleep(50);
  }
}

const formats = [
  "performance-tuning-report.html",
  "performance-tuning-report.json",
  "performance-tuning-report.md",
];

describe("a stopped report", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "by %s is valid and marked partial, with exit code 130 and nothing left behind",
    async (signal) => {
      const { child, ended } = start(["report", "--quick", "--only", "database", "--out", "out"]);
      const arms = await untilMeasuring(child);
      child.kill(signal);
      const { code, stdout, stderr } = await ended;
      expect({ code, stderr: stderr.includes(`${signal}: stopping`) }).toEqual({ code: 130, stderr: true });
      expect(stdout).toContain("The report is partial.\n");
      expect(arms.length).toBeGreaterThan(0);
      expect(arms.filter(isAlive)).toEqual([]);
      expect((await readdir(join(folder, "out"))).sort()).toEqual(formats);
      expect((await readdir(folder)).sort()).toEqual(["out"]);
      const document = JSON.parse(
        await readFile(join(folder, "out/performance-tuning-report.json"), "utf8"),
      ) as ReportDocument;
      expect(document).toMatchObject({ schemaVersion: 1, partial: true });
      expect(document.areas[0]?.rows.map(({ id }) => id)).toContain("database.batch");
      expect(document.areas[0]?.rows.at(-1)?.verdict).toBe("not-run");
      const markdown = await readFile(join(folder, "out/performance-tuning-report.md"), "utf8");
      expect(markdown).toContain("**PARTIAL:** the run was stopped before all rows were measured");
      expect(markdown).toContain(
        "npx victor report --only database --quick --format md,html,json --out out --engine sqlite",
      );
      expect(await readFile(join(folder, "out/performance-tuning-report.html"), "utf8")).toMatch(
        /<\/html>\n$/,
      );
    },
  );

  test("by its terminal, which was closed, is written all the same, and leaves nothing behind", async () => {
    const command = `exec '${process.execPath}' '${main}' report --quick --only database --out out`;
    // A terminal of its own, from util-linux.
    const terminal = spawn(machineProgram("script", "bsdutils"), ["-qec", command, "/dev/null"], {
      cwd: folder,
      env: { ...process.env, TMPDIR: folder },
      stdio: ["pipe", "ignore", "ignore"],
    });
    running.add(terminal);
    let report: number | undefined;
    let arms: number[] = [];
    while (report === undefined || arms.length < 2) {
      if (terminal.exitCode !== null) throw new Error("ended before it measured");
      report = childrenOf(terminal.pid ?? 0)[0];
      arms = report === undefined ? [] : childrenOf(report);
      await sleep(50);
    }
    terminal.kill("SIGKILL");
    while (isAlive(report) || arms.some(isAlive)) await sleep(20);
    expect((await readdir(folder)).sort()).toEqual(["out"]);
    expect((await readdir(join(folder, "out"))).sort()).toEqual(formats);
  });

  test("by a second signal leaves at once, with neither arms nor temporary files left behind", async () => {
    const { child, ended } = start(["report", "--quick", "--only", "database", "--out", "out"]);
    const arms = await untilMeasuring(child);
    child.kill("SIGTERM");
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    while (arms.some(isAlive)) await sleep(20);
    expect((await readdir(folder)).filter((name) => name !== "out")).toEqual([]);
  });

  test("whose output nobody reads any more is written all the same, without a word", async () => {
    const { child, ended } = start(["report", "--quick", "--only", "database", "--out", "out"]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    await untilMeasuring(child);
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect((await readdir(join(folder, "out"))).sort()).toEqual(formats);
    expect((await readdir(folder)).sort()).toEqual(["out"]);
  });

  describe("on PostgreSQL", () => {
    const postgres = usePostgres();
    test("leaves no schema on the server, and no password in the report", async () => {
      const { url } = postgres();
      const { child, ended } = start(["report", "--quick", "--out", "out", "--url", url]);
      await untilMeasuring(child);
      child.kill("SIGINT");
      const { code } = await ended;
      expect(code).toBe(130);
      const { default: pg } = await import("pg");
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const { rows } = await client.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'victor%'");
      await client.end();
      expect(rows).toEqual([]);
      const secret = decodeURIComponent(new URL(url).password);
      for (const file of formats) {
        const text = await readFile(join(folder, "out", file), "utf8");
        expect(text).toContain("$DATABASE_URL");
        expect(text).not.toContain(secret);
        expect(text).not.toContain(new URL(url).password);
      }
    });
  });
});
