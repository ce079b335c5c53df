import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ArmError, DeadlineError } from "../../../src/errors.ts";
import { measureInterleaved } from "../../../src/measure/index.ts";

const failing = new URL("./arms/failing.ts", import.meta.url);
const counting = new URL("./arms/counting.ts", import.meta.url);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "victor-measure-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Whether the process runs; one that has ended and only waits for its (new) parent to take notice does not. */
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || !/^State:\s+Z/m.test(readFileSync(status, "utf8"));
};
const pidIn = (file: string): number => Number(readFileSync(file, "utf8"));

/** Measures a well-behaved arm beside a failing one. @returns what it was rejected with */
async function failure(name: string, options: { args?: unknown; timeoutMs?: number } = {}): Promise<unknown> {
  const { args, ...rest } = options;
  return await measureInterleaved({
    arms: [
      { name: "good", module: counting, args: { log: join(folder, "log"), name: "good" }, count: 1 },
      { name: "bad", module: failing, export: name, args, count: 1 },
    ],
    processes: 1,
    rounds: 2,
    ...rest,
  }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Ids of the processes of the arm named "good". */
const goodPids = (): number[] => [
  ...new Set(
    readFileSync(join(folder, "log"), "utf8")
      .trim()
      .split("\n")
      .map((line) => Number(line.split(" ")[1])),
  ),
];

describe("an arm that fails", () => {
  test.each([
    ["throwsInSetup", "setup", /^arm bad: setup: no database$/],
    ["throwsInRun", "round", /^arm bad: round: row 7 is missing$/],
    ["rejectsInRun", "round", /^arm bad: round: plain text$/],
    ["throwsLater", "round", /^arm bad: round: from a callback$/],
    ["throwsInAnswer", "finish", /^arm bad: finish: no answer$/],
    ["unsendableAnswer", "finish", /^arm bad: finish: .*could not be cloned/],
    ["sendsNull", "round", /^arm bad: round: sent a message that is no answer: null;/],
    ["sendsText", "round", /^arm bad: round: sent a message that is no answer: 'ready';/],
    ["sendsFalseTimes", "round", /is no answer: \{ type: 'round', wallNs: -5, cpuNs: NaN \};/],
    ["sendsOtherReply", "round", /is no answer: \{ type: 'finished', answer: 1, counters: \{\} \};/],
    ["countsWords", "finish", /is no answer: .*counters: \{ rows: 'many' \}.*counters have to be numbers$/],
    ["exits", "round", /^arm bad: round: the process exited with code 3; it printed:\nlast words$/],
    ["dies", "round", /^arm bad: round: the process was killed by SIGKILL$/],
    ["notAFunction", "setup", /expected an exported function "notAFunction", found number/],
    ["missing", "setup", /expected an exported function "missing", found undefined/],
    ["withoutRun", "setup", /expected "withoutRun" to return an object with a method "run"/],
  ])(
    "%s: the error names the arm, the step and the reason, and no process stays",
    async (name, step, message) => {
      const error = await failure(name);
      expect(error).toBeInstanceOf(ArmError);
      expect(error).toMatchObject({
        code: "VICTOR_ARM",
        arm: "bad",
        step,
        message: expect.stringMatching(message),
      });
      expect(goodPids()).toHaveLength(1);
      expect(goodPids().filter(alive)).toEqual([]);
    },
  );

  test("the error's cause carries the child's stack", async () => {
    const { cause } = (await failure("throwsInRun")) as ArmError;
    expect(cause).toBeInstanceOf(Error);
    expect((cause as Error).stack).toMatch(/^TypeError: row 7 is missing\n.*failing\.ts/);
  });

  test.each(["loops", "hangs"])("one that %s is killed after timeoutMs", async (name) => {
    // For the start of its process too, which a busy machine takes seconds for.
    const pidFile = join(folder, "pid");
    const error = (await failure(name, { args: { pidFile }, timeoutMs: 20_000 })) as ArmError;
    expect(error).toMatchObject({ code: "VICTOR_ARM", arm: "bad", step: "round" });
    expect(error.cause).toBeInstanceOf(DeadlineError);
    expect([pidIn(pidFile), ...goodPids()].filter(alive)).toEqual([]);
  });

  test("a process that an arm leaves behind doesn't hold up the measurement", async () => {
    const pidFile = join(folder, "pid");
    const measured = await measureInterleaved({
      arms: [{ name: "a", module: failing, export: "leavesProcessBehind", args: { pidFile }, count: 1 }],
      processes: 1,
      rounds: 1,
    });
    expect(measured.partial).toBe(false);
    expect(alive(pidIn(pidFile))).toBe(true);
    process.kill(pidIn(pidFile), "SIGKILL");
  });

  test("a progress callback that throws ends the measurement and its processes", async () => {
    const arms = [
      { name: "good", module: counting, args: { log: join(folder, "log"), name: "good" }, count: 1 },
    ];
    const measured = measureInterleaved({
      arms,
      onProgress: ({ phase }) => {
        if (phase === "round") throw new Error("terminal gone");
      },
    });
    await expect(measured).rejects.toThrow("terminal gone");
    expect(goodPids().filter(alive)).toEqual([]);
  });
});

describe("signals and the parent's end", () => {
  test("Ctrl-C in the terminal, which reaches the children too, doesn't end them", async () => {
    const log = join(folder, "log");
    const measured = await measureInterleaved({
      arms: [{ name: "good", module: counting, args: { log, name: "good" }, count: 1 }],
      processes: 1,
      rounds: 3,
      onProgress: ({ phase, round }) => {
        if (phase === "round" && round === 1) for (const pid of goodPids()) process.kill(pid, "SIGINT");
      },
    });
    expect(measured.partial).toBe(false);
  });

  test.each(["hangs", "loops"])("a child that %s ends when the parent is killed", async (name) => {
    const pidFile = join(folder, "pid");
    const url = new URL("../../../src/measure/index.ts", import.meta.url).href;
    const arm = { name: "a", module: failing.href, export: name, args: { pidFile }, count: 1 };
    const script = `import { measureInterleaved } from ${JSON.stringify(url)};
      await measureInterleaved(${JSON.stringify({ arms: [arm] })});`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    while (!existsSync(pidFile) || pidIn(pidFile) === 0) await sleep(20);
    const child = pidIn(pidFile);
    expect(alive(child)).toBe(true);
    // By now it is in its round.
    await sleep(300);
    parent.kill("SIGKILL");
    while (alive(child)) await sleep(20);
  });

  test("children are killed when the parent exits, even one that never yields", async () => {
    const pidFile = join(folder, "pid");
    const url = new URL("../../../src/measure/index.ts", import.meta.url).href;
    const arm = { name: "a", module: failing.href, export: "loops", args: { pidFile }, count: 1 };
    const script = `import { measureInterleaved } from ${JSON.stringify(url)};
      measureInterleaved({ ...${JSON.stringify({ arms: [arm] })}, warmupRounds: 0,
        onProgress: ({ phase }) => phase === "round" && setTimeout(() => process.exit(), 300) });`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    await new Promise((resolve) => parent.once("exit", resolve));
    const child = pidIn(pidFile);
    while (alive(child)) await sleep(20);
  });
});
