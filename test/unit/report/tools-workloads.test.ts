import { describe, expect, test } from "vitest";
import type { RoomContext } from "../../../src/report/index.ts";
import { Bm25Scan } from "../../../src/report/workloads/tools/bm25-scan.ts";
import { toolsRoom } from "../../../src/report/workloads/tools/room.ts";
import { sampleQueries, type Traffic } from "../../../src/report/workloads/tools/sample-queries.ts";
import * as arms from "../../../src/report/workloads/tools/selection-arms.ts";

const context: RoomContext = {
  engine: "sqlite",
  quick: true,
  workDir: "",
  repetitions: { processes: 1, rounds: 1, warmupRounds: 0 },
  seed: 1,
  signal: new AbortController().signal,
  announce: () => undefined,
};

describe("the tools area of the report", () => {
  test("has the five blocks and the first call, each with a baseline and arms that exist", async () => {
    const { workloads } = await toolsRoom.open(context);
    expect(workloads.map(({ id }) => id)).toEqual([
      "tools.cold",
      "tools.warm",
      "tools.mixed",
      "tools.context",
      "tools.learned",
      "tools.first-call",
    ]);
    for (const { baseline, peer, optimized } of workloads)
      for (const variant of [baseline, peer, optimized]) {
        if (variant === undefined || "install" in variant) continue;
        const module = (await import(variant.module)) as Record<string, unknown>;
        expect(module[variant.export]).toBeTypeOf("function");
      }
  });

  test("asks the same for the same seed, and as the traffic says", () => {
    const share = (traffic: Traffic): number => {
      const asked = sampleQueries(traffic, 400, 7).map((each) => JSON.stringify(each));
      expect(sampleQueries(traffic, 400, 7).map((each) => JSON.stringify(each))).toEqual(asked);
      return new Set(asked).size / asked.length;
    };
    expect(share("fresh")).toBe(1);
    expect(share("popular")).toBeLessThanOrEqual(0.1);
    expect(share("mixed")).toBeGreaterThan(0.5);
    expect(share("mixed")).toBeLessThan(0.7);
    expect(share("conversations")).toBe(0.5);
    const [first] = sampleQueries("conversations", 20, 7).slice(-1);
    expect(first?.context.history).toHaveLength(19);
    expect(first?.context.history?.every((m) => typeof m === "object" && m.content?.length === 200)).toBe(
      true,
    );
  });

  test("compares caches that choose the same", async () => {
    for (const traffic of ["popular", "mixed", "conversations"] as const) {
      const work = { traffic, selections: 50, k: 5, seed: 1 };
      const made = [arms.uncachedSame(work), arms.mapByJson(work), arms.cachedSame(work)];
      for (const arm of made) await arm.run(50);
      const answers = made.map((arm) => arm.answer?.());
      expect(new Set(answers).size).toBe(1);
      expect(await made[2]?.counters?.()).toMatchObject({ lookups: expect.any(Number) });
    }
  });

  test("has a baseline that ranks by Okapi's formula", () => {
    const scan = new Bm25Scan([
      { name: "a", description: "rain rain snow" },
      { name: "b", description: "rain and many other words of no use here at all" },
      { name: "c", description: "snow" },
    ]);
    expect(scan.select("rain", 5)).toEqual(["a", "b"]);
    expect(scan.select("Snow!", 1)).toEqual(["c"]);
    expect(scan.select("nothing", 5)).toEqual([]);
  });
});
