import { describe, expect, test } from "vitest";
import { PerformanceProfiler } from "../../../src/profiler/index.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const nothing = () => undefined;

describe("memory", () => {
  test("keeps the last spans one by one, and counts all of them", () => {
    const profiler = new PerformanceProfiler({ maxSpans: 3, clock: new ManualClock() });
    for (let i = 1; i <= 5; i++) profiler.span("work", i % 2 === 0 ? { metadata: { i } } : {}, nothing);
    const report = profiler.getReport();
    expect(report.spans.map(({ metadata }) => metadata)).toEqual([undefined, { i: 4 }, undefined]);
    expect(report.names[0]!.count).toBe(5);
    expect(report.stats).toMatchObject({ spans: 5, overwritten: 2 });
  });

  test("has as many names as allowed; others are one, in each category that is known", () => {
    const profiler = new PerformanceProfiler({ maxNames: 2 });
    for (const [name, category] of [
      ["a", "x"],
      ["b", "y"],
      ["c", "x"],
      ["d", "x"],
      ["e", "z"],
      ["f", "w"],
      ["a", "x"],
    ] as const)
      profiler.span(name, { category }, nothing);
    const names = profiler
      .getReport()
      .names.map(({ name, category, count }) => `${name} ${category} ${count}`);
    expect(names.sort()).toEqual(["(other) (other) 2", "(other) x 2", "a x 2", "b y 1"]);
    expect(profiler.stats()).toMatchObject({ spans: 7, overflowed: 4 });
  });

  test("of long texts holds on to what is kept alone", async () => {
    const profiler = new PerformanceProfiler();
    await collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 200; i++) {
      const text = Buffer.alloc(200_000, 97 + (i % 26)).toString("latin1") + i;
      expect(() =>
        profiler.span(i + text, () => {
          throw new Error(text);
        }),
      ).toThrow();
    }
    await collectGarbage();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
    expect(profiler.stats().failed).toBe(200);
  });

  test("cuts names that are too long, and knows them again", () => {
    const profiler = new PerformanceProfiler();
    for (let i = 0; i < 3; i++) profiler.span("n".repeat(1000) + i, { category: "c".repeat(1000) }, nothing);
    expect(profiler.getReport().names).toMatchObject([
      { name: "n".repeat(200), category: "c".repeat(200), count: 3 },
    ]);
  });

  test("keeps the slowest of all, the first of equals before the others", () => {
    const clock = new ManualClock();
    const profiler = new PerformanceProfiler({ slowest: 3, maxSpans: 1, clock });
    for (const [i, ms] of [5, 1, 9, 5, 9, 2, 0].entries())
      profiler.span("work", { metadata: { i } }, () => clock.block(ms));
    const { slowest } = profiler.getReport();
    expect(slowest.map(({ durationMs, metadata }) => [durationMs, metadata])).toEqual([
      [9, { i: 2 }],
      [9, { i: 4 }],
      [5, { i: 0 }],
    ]);
    const none = new PerformanceProfiler({ slowest: 0 });
    none.span("work", nothing);
    expect(none.getReport().slowest).toEqual([]);
  });

  test("is given back by reset, while spans under way go on", () => {
    const clock = new ManualClock();
    const profiler = new PerformanceProfiler({ clock });
    const span = profiler.start("under way");
    profiler.span("before", { metadata: { a: 1 } }, () => clock.block(1));
    profiler.reset();
    expect(profiler.getReport()).toMatchObject({ spans: [], names: [], categories: [], slowest: [] });
    expect(profiler.stats()).toMatchObject({ spans: 0, open: 1, overwritten: 0 });
    clock.block(1);
    span.end();
    expect(profiler.getReport().spans).toMatchObject([{ name: "under way", durationMs: 2, selfMs: 1 }]);
    expect(profiler.stats()).toMatchObject({ spans: 1, open: 0 });
  });
});
