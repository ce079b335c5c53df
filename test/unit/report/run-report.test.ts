import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ReportDocument } from "../../../src/report/report-document.ts";
import { runReport } from "../../../src/report/run-report.ts";
import type { Room, RoomContext, Workload } from "../../../src/report/workload.ts";

/** An arm as a module without a file. `body` is that of `run`. */
const arm = (answer: string, body = "for (let i = 0; i < 1e4; i++) Math.sqrt(i);") => ({
  name: `arm of ${answer}`,
  about: "a loop",
  module: `data:text/javascript,${encodeURIComponent(
    `export const setup = () => ({ run() { ${body} }, answer: () => ${JSON.stringify(answer)}, counters: () => ({ n: 3 }) });`,
  )}`,
  export: "setup",
  args: {},
});

const workload = (id: string, change: Partial<Workload> = {}): Workload => ({
  id,
  title: `Title of ${id}`,
  question: "?",
  input: "none",
  unit: { operation: "loop", item: "loop", itemsPerOperation: 1, shown: "time" },
  baseline: arm("same"),
  optimized: arm("same"),
  operationsPerRound: 5,
  ...change,
});

interface FakeRoom extends Room {
  context?: RoomContext;
  closed: number;
}
const room = (workloads: readonly Workload[], id = "room"): FakeRoom => ({
  id,
  title: "Room",
  about: "About.",
  limits: [],
  closed: 0,
  async open(context) {
    this.context = context;
    return { workloads, versions: { Engine: "7" }, close: async () => void this.closed++ };
  },
});

let outDir: string;
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), "victor-run-report-"));
});
afterEach(async () => {
  await rm(outDir, { recursive: true, force: true });
});

const repetitions = { processes: 1, rounds: 2, warmupRounds: 1 };
const saved = (): ReportDocument =>
  JSON.parse(readFileSync(join(outDir, "performance-tuning-report.json"), "utf8")) as ReportDocument;

describe("a run of the report", () => {
  test("measures every row, writes the formats asked for and clears its folder away", async () => {
    const one = room([workload("room.a"), workload("room.b")]);
    const run = await runReport({
      rooms: [one],
      outDir,
      repetitions,
      formats: ["json", "md"],
      command: "again",
    });
    expect(run.files.map((file) => file.slice(outDir.length + 1))).toEqual([
      "performance-tuning-report.json",
      "performance-tuning-report.md",
    ]);
    expect((await readdir(outDir)).sort()).toEqual([
      "performance-tuning-report.json",
      "performance-tuning-report.md",
    ]);
    expect(saved()).toEqual(JSON.parse(JSON.stringify(run.document)));
    expect(run.document).toMatchObject({
      schemaVersion: 1,
      partial: false,
      command: "again",
      environment: { Engine: "7" },
      areas: [
        {
          rows: [
            { id: "room.a", check: { ok: true } },
            { id: "room.b", check: { ok: true } },
          ],
        },
      ],
    });
    expect(one.closed).toBe(1);
    await expect(stat(one.context?.workDir ?? "")).rejects.toThrow("ENOENT");
  });

  test("goes on when it can't be saved in between, and says so", async () => {
    const lines: string[] = [];
    const inTheWay = join(outDir, "performance-tuning-report.json");
    const line = (text: string): void => {
      lines.push(text);
      if (text.startsWith("Title of room.a")) mkdirSync(inTheWay);
      if (text.startsWith("Title of room.b")) rmdirSync(inTheWay);
    };
    const { document } = await runReport({
      rooms: [room([workload("room.a"), workload("room.b")])],
      outDir,
      repetitions,
      progress: { update: () => undefined, line, end: () => undefined },
    });
    expect(lines[1]).toContain("not saved yet: the report can't be written to");
    expect(lines).toHaveLength(3);
    expect(document).toMatchObject({
      partial: false,
      areas: [{ rows: [{ check: { ok: true } }, { check: { ok: true } }] }],
    });
    expect(document.areas[0]?.error).toBeUndefined();
    expect(saved()).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test("says which row failed and goes on with the next", async () => {
    const broken = arm("same", "throw new Error('out of paper')");
    const { document } = await runReport({
      rooms: [room([workload("room.a", { optimized: broken }), workload("room.b")])],
      outDir,
      repetitions,
    });
    const [a, b] = document.areas[0]?.rows ?? [];
    expect(a).toMatchObject({ verdict: "failed", error: "arm optimized: round: out of paper" });
    expect(b?.check).toMatchObject({ ok: true });
    expect(document.partial).toBe(false);
  });

  test("leaves out a peer that fails, and measures the rest", async () => {
    const peer = { ...arm("same"), export: "missing" };
    const { document } = await runReport({
      rooms: [room([workload("room.a", { peer })])],
      outDir,
      repetitions,
    });
    const row = document.areas[0]?.rows[0];
    expect(row).toMatchObject({
      peer: { status: "failed" },
      optimized: { status: "measured" },
      check: { ok: true },
    });
    expect(row?.error).toContain('expected an exported function "missing"');
  });

  test("reads a counter once in each process, after one round, with the flags that the variant asks for", async () => {
    const counting = (bytes: number) => ({
      ...arm("same"),
      nodeArgs: ["--expose-gc"],
      module: `data:text/javascript,${encodeURIComponent(
        `let rounds = 0;
         export const setup = () => ({ run() { gc(); rounds++; }, answer: () => rounds, counters: () => ({ bytes: ${bytes} }) });`,
      )}`,
    });
    const unit = { shown: "counter", counter: "bytes", kind: "bytes", what: "memory" } as const;
    const { document } = await runReport({
      rooms: [room([workload("room.a", { unit, baseline: counting(300), optimized: counting(100) })])],
      outDir,
      repetitions: { processes: 2, rounds: 3, warmupRounds: 2 },
    });
    const row = document.areas[0]?.rows[0];
    expect(row).toMatchObject({
      verdict: "better",
      check: { ok: true, detail: 'all 2 variants answered "1"' },
      repetitions: { processes: 2, rounds: 1, warmupRounds: 0 },
      baseline: { counter: [300, 300] },
      optimized: { counter: [100, 100] },
    });
    expect(row?.vsBaseline?.counter?.ratio).toBeCloseTo(3, 12);
  });

  test("reads a counter that is taken over all rounds after them, the warm-up among them", async () => {
    const counting = {
      ...arm("same"),
      module: `data:text/javascript,${encodeURIComponent(
        'let rounds = 0; export const setup = () => ({ run() { rounds++; }, answer: () => "same", counters: () => ({ rounds }) });',
      )}`,
    };
    const unit: Workload["unit"] = {
      shown: "counter",
      counter: "rounds",
      rounds: "all",
      kind: "count",
      what: "rounds",
    };
    const { document } = await runReport({
      rooms: [room([workload("room.a", { unit, baseline: counting, optimized: counting })])],
      outDir,
      repetitions: { processes: 2, rounds: 3, warmupRounds: 2 },
    });
    expect(document.areas[0]?.rows[0]).toMatchObject({
      repetitions: { processes: 2, rounds: 3, warmupRounds: 2 },
      baseline: { counter: [5, 5] },
    });
  });

  test("measures once what rows of different counters share", async () => {
    const counting = {
      ...arm("same"),
      module: `data:text/javascript,${encodeURIComponent(
        'export const setup = () => ({ run() {}, answer: () => "same", counters: () => ({ pid: process.pid, twice: 2 * process.pid }) });',
      )}`,
    };
    const row = (counter: string): Workload =>
      workload(counter, {
        baseline: counting,
        optimized: counting,
        unit: { shown: "counter", counter, kind: "count", what: "processes" },
      });
    const { document } = await runReport({
      rooms: [room([row("pid"), row("twice")])],
      outDir,
      formats: ["json"],
      repetitions: { processes: 2, rounds: 1, warmupRounds: 0 },
    });
    const [pids, twice] = document.areas[0]!.rows.map(({ optimized }) =>
      optimized.status === "measured" ? optimized.counter : [],
    );
    expect(twice).toEqual(pids!.map((pid) => 2 * pid));
  });

  test("measures the others when the baseline is a package that isn't installed", async () => {
    const baseline = { name: "rival", about: "a library", install: "rival" };
    const rooms = [room([workload("room.a", { baseline, peer: arm("same") })])];
    const { document } = await runReport({ rooms, outDir, repetitions });
    expect(document.areas[0]?.rows[0]).toMatchObject({
      verdict: "no-baseline",
      check: { ok: true },
      peer: { status: "measured" },
      optimized: { status: "measured" },
    });
  });

  test("claims nothing for variants whose answers differ", async () => {
    const rooms = [room([workload("room.a", { optimized: arm("another") })])];
    const { document } = await runReport({ rooms, outDir, repetitions });
    expect(document.areas[0]?.rows[0]?.verdict).toBe("answers-differ");
  });

  test("saves after each row a report that is marked as partial", async () => {
    const after: ReportDocument[] = [];
    const second: Workload = workload("room.b");
    const lines: string[] = [];
    await runReport({
      rooms: [room([workload("room.a"), second])],
      outDir,
      repetitions,
      progress: {
        update: ({ text }) => {
          // The runner is about to measure the second row, so the first is on the disk.
          if (text.startsWith(second.title) && after.length === 0) after.push(saved());
        },
        line: (text) => lines.push(text),
        end: () => undefined,
      },
    });
    expect(after[0]?.partial).toBe(true);
    expect(after[0]?.areas[0]?.rows.map(({ verdict }) => verdict === "not-run")).toEqual([false, true]);
    expect(lines.map((line) => line.split(":")[0])).toEqual(["Title of room.a", "Title of room.b"]);
    expect(saved().partial).toBe(false);
  });

  test("stopped in the middle of a row, keeps its rounds and closes the room", async () => {
    const stop = new AbortController();
    let rounds = 0;
    const one = room([workload("room.a"), workload("room.b")]);
    const { document } = await runReport({
      rooms: [one],
      outDir,
      repetitions: { processes: 2, rounds: 3, warmupRounds: 1 },
      signal: stop.signal,
      progress: {
        update: ({ text }) => {
          if (text.startsWith("Title of room.a: round") && ++rounds > 2) stop.abort(new Error("enough"));
        },
        line: () => undefined,
        end: () => undefined,
      },
    });
    const [a, b] = document.areas[0]?.rows ?? [];
    expect(document).toMatchObject({
      partial: true,
      partialReason: "the run was stopped before all rows were measured",
    });
    expect(a).toMatchObject({ partial: true, repetitions: { processes: 1, rounds: 1 } });
    expect(a?.check).toBeUndefined();
    expect(b?.verdict).toBe("not-run");
    expect(one.closed).toBe(1);
    expect(saved().partial).toBe(true);
  });

  test("throws what a room threw when none could be opened, and writes no file", async () => {
    const broken: Room = { ...room([]), open: () => Promise.reject(new Error("no server")) };
    await expect(runReport({ rooms: [broken], outDir, repetitions })).rejects.toThrow("no server");
    expect(await readdir(outDir)).toEqual([]);
  });

  test("gives each room a folder of its own, and removes them all", async () => {
    const both = [room([], "one"), room([workload("two.row")], "two")];
    await runReport({
      rooms: both,
      outDir,
      formats: ["json"],
      repetitions: { processes: 1, rounds: 1, warmupRounds: 0 },
    });
    const folders = both.map(({ context }) => context!.workDir);
    expect(new Set(folders).size).toBe(2);
    for (const folder of folders) await expect(stat(folder)).rejects.toThrow("ENOENT");
  });

  test("keeps the rooms that open when another one doesn't", async () => {
    const broken: Room = { ...room([], "broken"), open: () => Promise.reject(new Error("no server")) };
    const { document } = await runReport({
      rooms: [broken, room([workload("room.a")])],
      outDir,
      repetitions,
    });
    expect(document.areas).toMatchObject([{ id: "broken", rows: [], error: "no server" }, { id: "room" }]);
    expect(document.areas[1]?.rows).toHaveLength(1);
  });
});

test("an engine with a server needs a URL", async () => {
  await expect(runReport({ engine: "postgres", outDir })).rejects.toMatchObject({
    code: "VICTOR_REPORT_NO_URL",
    message: expect.stringContaining("--url postgres://user:password@host/database"),
  });
});

test("wrong options are named", async () => {
  await expect(runReport({ engine: "oracle" as "sqlite" })).rejects.toThrow(
    'engine: expected one of "sqlite", "postgres"',
  );
  await expect(runReport({ rooms: [] })).rejects.toThrow("rooms: expected at least one room");
  await expect(runReport({ outdir: "x" } as object)).rejects.toThrow('unknown option "outdir"');
});
