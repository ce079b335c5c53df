import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PerformanceProfiler, type SpanNode } from "../../../src/profiler/index.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { modelSelfMs, runSteps, spanSteps } from "../../support/random-spans.ts";

const flat = (nodes: readonly SpanNode[]): SpanNode[] =>
  nodes.flatMap((node) => [node, ...flat(node.children)]);

describe("a span's own time", () => {
  test("is that in which no child was under way, whatever begins under and outlives what", () => {
    fc.assert(
      fc.property(spanSteps, (steps) => {
        const { profiler, models } = runSteps(steps);
        const ended = models.filter(({ endMs }) => endMs !== undefined);
        const { spans, names } = profiler.getReport();
        const found = spans.map(({ id, startMs, durationMs, selfMs }) => [id, startMs, durationMs, selfMs]);
        const expected = ended.map((span) => [
          span.id,
          span.startMs,
          span.endMs! - span.startMs,
          modelSelfMs(span, models),
        ]);
        const byId = (a: readonly number[], b: readonly number[]) => a[0]! - b[0]!;
        expect(found.sort(byId)).toEqual(expected.sort(byId));
        const sum = (figures: readonly number[]) => figures.reduce((a, b) => a + b, 0);
        expect(sum(names.map(({ selfMs }) => selfMs))).toBe(sum(expected.map((row) => row[3]!)));
        expect(sum(names.map(({ totalMs }) => totalMs))).toBe(sum(expected.map((row) => row[2]!)));
      }),
    );
  });

  test("with children side by side loses the time of their union, once", async () => {
    const clock = new ManualClock();
    const profiler = new PerformanceProfiler({ clock });
    const [a, b] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const parent = profiler.span("parent", async () => {
      clock.block(1);
      const first = profiler.span("child", () => a.promise);
      clock.block(2);
      const second = profiler.span("child", () => b.promise);
      await Promise.all([first, second]);
      clock.block(4);
    });
    clock.block(8);
    a.resolve();
    await a.promise;
    await new Promise((resolve) => setImmediate(resolve));
    clock.block(16);
    b.resolve();
    await parent;
    const figures = profiler.getReport().names.map(({ name, totalMs, selfMs }) => [name, totalMs, selfMs]);
    expect(figures).toEqual([
      ["child", 10 + 24, 34],
      ["parent", 31, 5],
    ]);
  });
});

describe("the tree", () => {
  test("has every kept span once, under its parent if that is kept, else at the top", () => {
    fc.assert(
      fc.property(spanSteps, (steps) => {
        const { profiler } = runSteps(steps);
        const report = profiler.getReport();
        const ids = new Set(report.spans.map(({ id }) => id));
        const nodes = flat(report.tree);
        expect(nodes.map(({ span }) => span.id).sort((x, y) => x - y)).toEqual(
          [...ids].sort((x, y) => x - y),
        );
        for (const { span, children } of nodes) {
          for (const child of children) expect(child.span.parentId).toBe(span.id);
          const starts = children.map((child) => child.span.startMs);
          expect(starts).toEqual(starts.toSorted((x, y) => x - y));
        }
        for (const { span } of report.tree)
          expect(span.parentId === undefined || !ids.has(span.parentId)).toBe(true);
      }),
    );
  });

  test("may be as deep as the stack allows spans to be", () => {
    const profiler = new PerformanceProfiler();
    let span = profiler.detached("deep");
    const all = [span];
    for (let i = 0; i < 9_999; i++) {
      span = span.run(() => profiler.detached("deep"));
      all.push(span);
    }
    for (const one of all.reverse()) one.end();
    const report = profiler.getReport();
    expect(report.tree).toHaveLength(1);
    expect(report.toMarkdown()).toContain("more.");
    expect(report.toSpeedscope().profiles).toHaveLength(1);
  });
});
