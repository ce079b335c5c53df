import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runNode } from "../../support/run-node.ts";

const source = new URL("../../../src/memory/gc/enable-gc-tuning.ts", import.meta.url).href;

/** A program that starts itself anew first, and says so once. */
const head = `
  import { enableGcTuning } from ${JSON.stringify(source)};
  const advice = { change: "semi-space", reason: "", flags: ["--max-semi-space-size=8"], nodeOptions: "", resourceLimits: {} };
  const tuning = enableGcTuning({ apply: "re-exec", advice });
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gc-re-exec-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function program(name: string, body: string): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, head + body);
  return path;
}

it("a program that is started anew keeps arguments, flags, environment, standard input and exit code", async () => {
  const path = program(
    "all",
    `
      let read = 0;
      for await (const chunk of process.stdin) read += chunk.length;
      console.log(JSON.stringify({
        state: tuning.reExec.state, execArgv: process.execArgv, args: process.argv.slice(2), read, kept: process.env.KEPT,
      }));
      process.exitCode = 3;
    `,
  );
  const run = await runNode(["--no-warnings", "--stack-size=900", path, "a b", "--c"], {
    input: "x".repeat(200_000),
    env: { ...process.env, KEPT: "yes" },
  });
  expect(run.stderr).toBe("");
  expect(JSON.parse(run.stdout)).toEqual({
    state: "done",
    execArgv: ["--max-semi-space-size=8", "--no-warnings", "--stack-size=900"],
    args: ["a b", "--c"],
    read: 200_000,
    kept: "yes",
  });
  expect(run.code).toBe(3);
});

it("signals reach it, for it is the same process", async () => {
  const path = program(
    "signals",
    `
      process.on("SIGTERM", () => process.exit(7));
      setInterval(() => {}, 1000);
      console.log(process.pid);
    `,
  );
  let child = 0;
  const run = await runNode(["--no-warnings", path], {
    onStdout(_text, { pid = 0 }) {
      child = pid;
      process.kill(pid, "SIGTERM");
    },
  });
  expect(Number(run.stdout)).toBe(child);
  expect(run.code).toBe(7);
  const killed = await runNode(["--no-warnings", path], {
    onStdout: (_text, own) => own.kill("SIGKILL"),
  });
  expect(killed.signal).toBe("SIGKILL");
});

it("a child of it starts anew by itself, once", async () => {
  const path = program(
    "children",
    `
      import { spawnSync } from "node:child_process";
      const own = { state: tuning.reExec.state, execArgv: process.execArgv };
      if (process.argv[2] === "child") console.log(JSON.stringify(own));
      else {
        const { stdout } = spawnSync(process.execPath, [process.argv[1], "child"], { encoding: "utf8" });
        console.log(JSON.stringify([own, JSON.parse(stdout)]));
      }
    `,
  );
  const { stdout } = await runNode([path]);
  expect(JSON.parse(stdout)).toEqual([
    { state: "done", execArgv: ["--max-semi-space-size=8"] },
    { state: "done", execArgv: ["--max-semi-space-size=8"] },
  ]);
});

it("a worker isn't started anew, nor its process", async () => {
  const path = program(
    "worker",
    `
      import { Worker, isMainThread } from "node:worker_threads";
      if (isMainThread) new Worker(new URL(import.meta.url));
      else { console.log(tuning.reExec.state, tuning.reExec.reason); tuning.undo(); }
    `,
  );
  const run = await runNode(["--no-warnings", path]);
  expect(run.stdout).toContain("refused a worker can't start its process anew");
  expect(run.code).toBe(0);
});

it("a program from standard input goes on as it is, rather than as an empty one", async () => {
  const run = await runNode(["--no-warnings", "--input-type=module", "-", "a"], {
    input: `${head} console.log(tuning.reExec.state, process.argv.slice(2)); tuning.undo();`,
  });
  expect(run.stdout).toContain("refused [ 'a' ]");
});

it("code of the command line gets its own flags again", async () => {
  const code = `${head} console.log(tuning.reExec.state, process.argv.slice(1)); tuning.undo();`;
  const run = await runNode(["--no-warnings", "--input-type=module", "--eval", code, "--", "--own"]);
  expect(run.stdout).toContain("done [ '--own' ]");
  expect(run.code).toBe(0);
});

/** A program whose environment grows before it starts itself anew. */
function grown(name: string, grow: string): string {
  const path = program(
    name,
    "console.log(process.pid, tuning.reExec.state, tuning.reExec.reason); tuning.undo();",
  );
  writeFileSync(path, grow + readFileSync(path, "utf8"));
  return path;
}

it.each([
  // Linux takes no variable of 128 KiB, and 6 MiB at most of all together.
  ["a-variable", `process.env.HUGE = "x".repeat(200_000);`],
  ["the-whole", `for (let i = 0; i < 70; i++) process.env["V" + i] = "x".repeat(100_000);`],
])("a program whose environment is too long for the system goes on as it is: %s", async (name, grow) => {
  const run = await runNode(["--no-warnings", grown(name, grow)]);
  expect(run.stderr).toBe("");
  expect(run.stdout).toMatch(
    /^\d+ refused arguments and environment are too long for the system, \d+ KiB\n$/,
  );
  expect(run.code).toBe(0);
});

it("a long environment that the system takes is no hindrance", async () => {
  const grow = `for (let i = 0; i < 4; i++) process.env["V" + i] = "x".repeat(60_000);`;
  const run = await runNode(["--no-warnings", grown("long", grow)]);
  expect(run).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^\d+ done /) });
});
