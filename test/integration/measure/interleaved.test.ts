import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type MeasureProgress, measureInterleaved } from "../../../src/measure/index.ts";

const module = new URL("./arms/counting.ts", import.meta.url);
let folder: string;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "victor-measure-"));
  log = join(folder, "log");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Lines of the log as [arm, pid, event]. */
const events = (): [string, string, string][] =>
  readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", pid = "", ...event] = line.split(" ");
      return [name, pid, event.join(" ")];
    });
const arms = (...names: string[]) =>
  names.map((name) => ({ name, module, args: { log, name }, count: name.length }));
const quick = { processes: 2, rounds: 4, warmupRounds: 1 };

describe("an interleaved measurement", () => {
  test("gives one figure per process and round, and the arms' answers and counters", async () => {
    const { arms: results, partial } = await measureInterleaved({ ...quick, arms: arms("a", "bb") });
    expect(partial).toBe(false);
    expect(results.map(({ name, count, answer }) => ({ name, count, answer }))).toEqual([
      { name: "a", count: 1, answer: { name: "same", big: 10n } },
      { name: "bb", count: 2, answer: { name: "same", big: 10n } },
    ]);
    expect(results[1]?.counters).toEqual({ operations: 10, rounds: 5 });
    for (const { wallNs, cpuNs } of results)
      for (const times of [wallNs, cpuNs]) {
        expect(times.map((rounds) => rounds.length)).toEqual([4, 4]);
        for (const ns of times.flat()) expect(ns).toBeGreaterThan(0);
      }
  });

  test("starts a fresh process for each arm and repetition, and lets each close", async () => {
    await measureInterleaved({ ...quick, arms: arms("a", "b") });
    for (const name of ["a", "b"]) {
      const own = events().filter(([arm]) => arm === name);
      const pids = [...new Set(own.map(([, pid]) => pid))];
      expect(pids).toHaveLength(2);
      for (const pid of pids)
        expect(own.filter(([, of]) => of === pid).map(([, , event]) => event)).toEqual([
          "setup",
          ...Array.from({ length: 5 }, () => "run 1"),
          "answer",
          "close",
        ]);
    }
    expect(new Set(events().map(([, pid]) => pid)).size).toBe(4);
  });

  test("takes turns in mirrored pairs, in an order that the seed alone decides", async () => {
    const order = async (seed: number): Promise<string> => {
      rmSync(log, { force: true });
      await measureInterleaved({
        ...quick,
        processes: 1,
        rounds: 8,
        warmupRounds: 0,
        seed,
        arms: arms("a", "b", "c"),
      });
      return events()
        .filter(([, , event]) => event.startsWith("run"))
        .map(([name]) => name)
        .join("");
    };
    const first = await order(1);
    expect(first).toHaveLength(24);
    for (let pair = 0; pair < 24; pair += 6)
      expect(first.slice(pair + 3, pair + 6)).toBe([...first.slice(pair, pair + 3)].reverse().join(""));
    expect(await order(1)).toBe(first);
    expect(await order(2)).not.toBe(first);
  });

  test("finds an operation count in the first process and keeps it", async () => {
    const { arms: results } = await measureInterleaved({
      arms: [{ name: "a", module, export: "waiting", args: { log, name: "a" } }],
      processes: 2,
      rounds: 2,
      warmupRounds: 1,
      roundMs: 400,
    });
    const count = results[0]?.count ?? 0;
    // An operation waits for 1 ms at least, so that 400 ms hold no more than 400 of them; a slow timer leaves fewer.
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThanOrEqual(401);
  });

  test("charges a waiting arm for wall time, and hardly for CPU time", async () => {
    const { arms: results } = await measureInterleaved({
      arms: [{ name: "a", module, export: "waiting", args: { log, name: "a" }, count: 100 }],
      processes: 1,
      rounds: 3,
    });
    const [wall, cpu] = [results[0]!.wallNs[0]!, results[0]!.cpuNs[0]!];
    for (const [i, ns] of wall.entries()) expect(cpu[i]).toBeLessThan(ns / 2);
  });

  test("tells its progress before each step", async () => {
    const seen: MeasureProgress[] = [];
    await measureInterleaved({
      arms: arms("a", "b"),
      processes: 1,
      rounds: 2,
      warmupRounds: 1,
      onProgress: (event) => seen.push(event),
    });
    expect(seen.map((event) => event.phase)).toEqual([
      ...["setup", "setup", "warmup", "warmup"],
      ...["round", "round", "round", "round"],
      ...["finish", "finish"],
    ]);
    expect(seen.map((event) => event.done)).toEqual([0, 0, 0, 0, 0, 1, 2, 3, 4, 4]);
    expect(seen.every((event) => event.total === 4)).toBe(true);
  });

  test("passes flags to the child's Node, and none of the parent's", async () => {
    const { arms: results } = await measureInterleaved({
      arms: [
        {
          name: "a",
          module: new URL("./arms/flags.ts", import.meta.url),
          nodeArgs: ["--expose-gc"],
          count: 1,
        },
      ],
      processes: 1,
      rounds: 1,
    });
    expect(results[0]?.answer).toEqual(["--expose-gc"]);
  });
});

describe("an aborted measurement", () => {
  const abortAt = (at: (event: MeasureProgress) => boolean) => {
    const controller = new AbortController();
    const onProgress = (event: MeasureProgress): void => {
      if (at(event)) controller.abort(new Error("enough"));
    };
    return { signal: controller.signal, onProgress };
  };

  test("keeps the rounds that all arms completed, and closes the arms", async () => {
    const result = await measureInterleaved({
      ...quick,
      arms: arms("a", "b"),
      // Both arms have done two rounds of the second process; one of them still does its third.
      ...abortAt(({ phase, process, done }) => phase === "round" && process === 1 && done === 12),
    });
    expect(result.partial).toBe(true);
    for (const { wallNs, answer } of result.arms) {
      expect(wallNs.map((rounds) => rounds.length)).toEqual([4, 2]);
      expect(answer).toEqual({ name: "same", big: 10n });
    }
    expect(events().filter(([, , event]) => event === "close")).toHaveLength(4);
  });

  test("has nothing to give before the first complete round, and rejects with the signal's reason", async () => {
    const aborted = measureInterleaved({
      ...quick,
      arms: arms("a", "b"),
      ...abortAt(({ phase }) => phase === "warmup"),
    });
    await expect(aborted).rejects.toThrow("enough");
    expect(events().filter(([, , event]) => event === "close")).toHaveLength(2);
    await expect(
      measureInterleaved({ arms: arms("a"), signal: AbortSignal.abort(new Error("before")) }),
    ).rejects.toThrow("before");
  });

  test("kills an arm that doesn't end its round, and keeps the rounds before it", async () => {
    const controller = new AbortController();
    const result = await measureInterleaved({
      arms: [
        { name: "a", module, args: { log, name: "a" }, count: 1 },
        { name: "slow", module, export: "waiting", args: { log, name: "slow" }, count: 1 },
        { name: "stuck", module: new URL("./arms/stuck.ts", import.meta.url), args: { after: 2 }, count: 1 },
      ],
      processes: 1,
      rounds: 3,
      warmupRounds: 0,
      signal: controller.signal,
      onProgress: ({ phase, arm, round }) => {
        if (phase === "round" && arm === "stuck" && round === 2) setTimeout(() => controller.abort(), 100);
      },
    });
    expect(result.partial).toBe(true);
    expect(result.arms.map(({ wallNs }) => wallNs.map((rounds) => rounds.length))).toEqual([[2], [2], [2]]);
    expect(result.arms[0]?.answer).toBeUndefined();
  });
});
