import { expect, test } from "vitest";
import { PerformanceProfiler } from "../../../src/profiler/index.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function example(): PerformanceProfiler {
  const clock = new ManualClock();
  const profiler = new PerformanceProfiler({ clock });
  for (const ms of [10, 20]) {
    profiler.span("request", { category: "http" }, () => {
      clock.block(1);
      profiler.span("query", { category: "db", metadata: { table: "users" } }, () => clock.block(ms));
      profiler.span("render", { category: "cpu" }, () => clock.block(2));
    });
  }
  const failing = () => {
    clock.block(3);
    throw new RangeError("a|b");
  };
  expect(() => profiler.span("query", { category: "db" }, failing)).toThrow();
  return profiler;
}

test("a report has exact statistics by category and by name, the costliest first", () => {
  const { categories, names } = example().getReport();
  expect(categories).toEqual([
    {
      ...{ category: "db", count: 3, failed: 1, totalMs: 33, selfMs: 33, meanMs: 11, minMs: 3, maxMs: 20 },
      ...{ p95Ms: 20, p99Ms: 20 },
    },
    {
      ...{ category: "cpu", count: 2, failed: 0, totalMs: 4, selfMs: 4, meanMs: 2, minMs: 2, maxMs: 2 },
      ...{ p95Ms: 2, p99Ms: 2 },
    },
    {
      ...{ category: "http", count: 2, failed: 0, totalMs: 36, selfMs: 2, meanMs: 18, minMs: 13, maxMs: 23 },
      ...{ p95Ms: 23, p99Ms: 23 },
    },
  ]);
  expect(names.map(({ name, category, count }) => [name, category, count])).toEqual([
    ["query", "db", 3],
    ["render", "cpu", 2],
    ["request", "http", 2],
  ]);
});

test("percentiles of a thousand spans are within 1 %", () => {
  const clock = new ManualClock();
  const profiler = new PerformanceProfiler({ clock });
  for (let ms = 1; ms <= 1000; ms++) profiler.span("work", () => clock.block(ms));
  const [work] = profiler.getReport().names;
  expect(Math.abs(work!.p95Ms / 950 - 1)).toBeLessThan(0.01);
  expect(Math.abs(work!.p99Ms / 990 - 1)).toBeLessThan(0.01);
});

test("a report as Markdown has tables of categories, names, slowest spans, and the tree added up", () => {
  expect(example().getReport().toMarkdown()).toBe(`## Performance profile

7 spans, 1 failed.

### Categories

| category | count | failed |   total |    self |    mean |     min |     max |     p95 |     p99 |
| -------- | ----: | -----: | ------: | ------: | ------: | ------: | ------: | ------: | ------: |
| db       |     3 |      1 | 33.0 ms | 33.0 ms | 11.0 ms | 3.00 ms | 20.0 ms | 20.0 ms | 20.0 ms |
| cpu      |     2 |      0 | 4.00 ms | 4.00 ms | 2.00 ms | 2.00 ms | 2.00 ms | 2.00 ms | 2.00 ms |
| http     |     2 |      0 | 36.0 ms | 2.00 ms | 18.0 ms | 13.0 ms | 23.0 ms | 23.0 ms | 23.0 ms |

### Names

| span    | category | count | failed |   total |    self |    mean |     min |     max |     p95 |     p99 |
| ------- | -------- | ----: | -----: | ------: | ------: | ------: | ------: | ------: | ------: | ------: |
| query   | db       |     3 |      1 | 33.0 ms | 33.0 ms | 11.0 ms | 3.00 ms | 20.0 ms | 20.0 ms | 20.0 ms |
| render  | cpu      |     2 |      0 | 4.00 ms | 4.00 ms | 2.00 ms | 2.00 ms | 2.00 ms | 2.00 ms | 2.00 ms |
| request | http     |     2 |      0 | 36.0 ms | 2.00 ms | 18.0 ms | 13.0 ms | 23.0 ms | 23.0 ms | 23.0 ms |

### Slowest spans

| span    | category | duration |    self | details           |
| ------- | -------- | -------: | ------: | ----------------- |
| request | http     |  23.0 ms | 1.00 ms |                   |
| query   | db       |  20.0 ms | 20.0 ms | {"table":"users"} |
| request | http     |  13.0 ms | 1.00 ms |                   |
| query   | db       |  10.0 ms | 10.0 ms | {"table":"users"} |
| query   | db       |  3.00 ms | 3.00 ms | RangeError: a\\|b  |
| render  | cpu      |  2.00 ms | 2.00 ms |                   |
| render  | cpu      |  2.00 ms | 2.00 ms |                   |

### Tree of the last 7 spans

| span     | count | failed |   total |    self |
| -------- | ----: | -----: | ------: | ------: |
| request  |     2 |      0 | 36.0 ms | 2.00 ms |
| – query  |     2 |      0 | 30.0 ms | 30.0 ms |
| – render |     2 |      0 | 4.00 ms | 4.00 ms |
| query    |     1 |      1 | 3.00 ms | 3.00 ms |
`);
});

test("a report isn't changed by later spans, and survives JSON", () => {
  const profiler = example();
  const report = profiler.getReport();
  const before = JSON.parse(JSON.stringify(report));
  profiler.span("later", () => undefined);
  expect(JSON.parse(JSON.stringify(report))).toEqual(before);
  expect(before.stats).toMatchObject({ spans: 7, failed: 1, open: 0 });
  expect(before.spans).toHaveLength(7);
  expect(before.slowest[0]).toMatchObject({ name: "request", durationMs: 23, selfMs: 1, threadId: 0 });
  expect(before.categories[0].category).toBe("db");
});

test("a report of nothing says so", () => {
  const markdown = new PerformanceProfiler().getReport().toMarkdown();
  expect(markdown).toContain("0 spans, 0 failed.");
  expect(markdown).toContain("### Categories\n\nNone.");
});
