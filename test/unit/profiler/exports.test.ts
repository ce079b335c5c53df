import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chromeTrace } from "../../../src/profiler/chrome-trace.ts";
import {
  type ChromeCompleteEvent,
  PerformanceProfiler,
  type SpanRecord,
  type SpeedscopeFile,
} from "../../../src/profiler/index.ts";
import { spanLanes } from "../../../src/profiler/span-lanes.ts";
import { byStart } from "../../../src/profiler/span-tree.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { runSteps, spanSteps } from "../../support/random-spans.ts";

const isComplete = (event: { readonly ph: string }): event is ChromeCompleteEvent => event.ph === "X";

/** Two spans side by side under one, and one that failed. */
function example() {
  const clock = new ManualClock(10);
  const profiler = new PerformanceProfiler({ clock });
  const request = profiler.detached("request", { category: "http", metadata: { route: "/" } });
  clock.block(1);
  const one = request.run(() => profiler.detached("query", { category: "db" }));
  clock.block(1);
  const two = request.run(() => profiler.detached("query", { category: "db" }));
  clock.block(2);
  one.end();
  clock.block(1);
  two.fail(new Error("gone"));
  two.end();
  clock.block(1);
  request.end();
  return { report: profiler.getReport(), ids: { request: request.id, one: one.id, two: two.id } };
}

/** The rules of a file that the schema can't say: brackets match, frames exist, time doesn't run backwards. */
function checkSpeedscope({ shared, profiles, activeProfileIndex }: SpeedscopeFile): number {
  let opened = 0;
  expect(activeProfileIndex).toBe(profiles.length > 0 ? 0 : undefined);
  for (const { startValue, endValue, events } of profiles) {
    const stack: number[] = [];
    let last = startValue;
    for (const { type, frame, at } of events) {
      expect(shared.frames[frame]).toBeDefined();
      expect(at).toBeGreaterThanOrEqual(last);
      last = at;
      if (type === "O") {
        stack.push(frame);
        opened++;
      } else expect(stack.pop()).toBe(frame);
    }
    expect(stack).toEqual([]);
    expect(endValue).toBe(last);
  }
  return opened;
}

/** Events of one track are apart or within their parent, as Perfetto demands of complete events. */
function checkNesting(events: readonly ChromeCompleteEvent[]): void {
  for (const track of Map.groupBy(events, ({ tid }) => tid).values()) {
    const open: { readonly endUs: number; readonly id: number }[] = [];
    for (const { ts, dur, args } of track) {
      while (open.length > 0 && open.at(-1)!.endUs <= ts) open.pop();
      const around = open.at(-1);
      if (around !== undefined) {
        expect(ts + dur).toBeLessThanOrEqual(around.endUs);
        expect(args.parentId).toBe(around.id);
      }
      open.push({ endUs: ts + dur, id: args.id });
    }
  }
}

describe("the Chrome trace", () => {
  test("has a complete event in microseconds for each span, and tracks for those side by side", () => {
    const { report, ids } = example();
    const trace = report.toChromeTrace();
    const { pid } = process;
    expect(trace.traceEvents).toEqual([
      { name: "process_name", ph: "M", ts: 0, pid, tid: 0, args: { name: "node" } },
      { name: "thread_name", ph: "M", ts: 0, pid, tid: 0, args: { name: "main thread" } },
      { name: "thread_sort_index", ph: "M", ts: 0, pid, tid: 0, args: { sort_index: 0 } },
      {
        ...{ name: "request", cat: "http", ph: "X", ts: 10_000, dur: 6000, pid, tid: 0 },
        args: { id: ids.request, selfMs: 2, metadata: { route: "/" } },
      },
      {
        ...{ name: "query", cat: "db", ph: "X", ts: 11_000, dur: 3000, pid, tid: 0 },
        args: { id: ids.one, parentId: ids.request, selfMs: 3 },
      },
      { name: "thread_name", ph: "M", ts: 0, pid, tid: 1, args: { name: "main thread (lane 2)" } },
      { name: "thread_sort_index", ph: "M", ts: 0, pid, tid: 1, args: { sort_index: 1 } },
      {
        ...{ name: "query", cat: "db", ph: "X", ts: 12_000, dur: 3000, pid, tid: 1 },
        args: { id: ids.two, parentId: ids.request, selfMs: 3, error: { name: "Error", message: "gone" } },
      },
    ]);
  });

  test("of any spans has each once, and only nests what is within its parent", () => {
    fc.assert(
      fc.property(spanSteps, (steps) => {
        const report = runSteps(steps).profiler.getReport();
        const events = report.toChromeTrace().traceEvents.filter(isComplete);
        checkNesting(events);
        const ids = (all: readonly number[]) => all.toSorted((a, b) => a - b);
        expect(ids(events.map(({ args }) => args.id))).toEqual(ids(report.spans.map(({ id }) => id)));
      }),
    );
  });

  test("can be written whatever the metadata is", () => {
    const profiler = new PerformanceProfiler();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    profiler.span("circle", { metadata: circle }, () => undefined);
    profiler.span("big", { metadata: { n: 1n } }, () => undefined);
    const report = profiler.getReport();
    expect(JSON.stringify(report.toChromeTrace())).toContain("unreadable");
    expect(JSON.stringify(report)).toContain("unreadable");
    expect(report.toMarkdown()).toContain("unreadable");
  });
});

describe("the speedscope file", () => {
  test("has a profile for each lane, with frames by name and category", () => {
    const { report } = example();
    const file = report.toSpeedscope();
    expect(checkSpeedscope(file)).toBe(3);
    expect(file.shared.frames).toEqual([{ name: "request [http]" }, { name: "query [db]" }]);
    expect(file.profiles).toEqual([
      {
        ...{ type: "evented", name: "main thread", unit: "milliseconds", startValue: 10, endValue: 16 },
        events: [
          { type: "O", frame: 0, at: 10 },
          { type: "O", frame: 1, at: 11 },
          { type: "C", frame: 1, at: 14 },
          { type: "C", frame: 0, at: 16 },
        ],
      },
      {
        ...{ type: "evented", name: "main thread (lane 2)", unit: "milliseconds" },
        ...{ startValue: 12, endValue: 15 },
        events: [
          { type: "O", frame: 1, at: 12 },
          { type: "C", frame: 1, at: 15 },
        ],
      },
    ]);
  });

  test("of any spans has each once, opened and closed like brackets", () => {
    fc.assert(
      fc.property(spanSteps, (steps) => {
        const report = runSteps(steps).profiler.getReport();
        expect(checkSpeedscope(report.toSpeedscope())).toBe(report.spans.length);
      }),
    );
  });

  test("of no spans is valid, too", () => {
    expect(checkSpeedscope(new PerformanceProfiler().getReport().toSpeedscope())).toBe(0);
  });
});

type TimedSpan = readonly [id: number, parentId: number | undefined, startMs: number, endMs: number];
const timed = ([id, parentId, startMs, endMs]: TimedSpan): SpanRecord => ({
  ...{ id, parentId, name: "s", category: "c", metadata: undefined, startMs, durationMs: endMs - startMs },
  ...{ selfMs: 0, failed: false, error: undefined, threadId: 0 },
});

/** Lanes as the simplest search finds them: each span looks at all lanes, from the first. */
function searchedLanes(spans: readonly SpanRecord[]): number[][] {
  const lanes: {
    readonly ids: number[];
    readonly open: { readonly id: number; readonly endMs: number }[];
  }[] = [];
  for (const { id, parentId, startMs, durationMs } of byStart(spans)) {
    for (const { open } of lanes) while (open.length > 0 && open.at(-1)!.endMs <= startMs) open.pop();
    const endMs = startMs + durationMs;
    let lane = lanes.find(({ open }) => open.at(-1)?.id === parentId && endMs <= (open.at(-1)?.endMs ?? -1));
    lane ??= lanes.find(({ open }) => open.length === 0);
    if (lane === undefined) {
      lane = { ids: [], open: [] };
      lanes.push(lane);
    }
    lane.ids.push(id);
    lane.open.push({ id, endMs });
  }
  return lanes.map(({ ids }) => ids);
}

test("a span stands on its parent's lane if it fits in there, else on the first that is free", () => {
  const spans = fc
    .array(fc.record({ parent: fc.nat(60), startMs: fc.nat(40), lengthMs: fc.nat(30) }), {
      maxLength: 60,
      size: "max",
    })
    // Among so many a parent is often one that began later, or isn't there at all.
    .map((all) =>
      all.map(({ parent, startMs, lengthMs }, i) =>
        timed([i + 1, parent === i || parent === 0 ? undefined : parent, startMs, startMs + lengthMs]),
      ),
    );
  fc.assert(
    fc.property(spans, (all) => {
      expect(spanLanes(all).map((lane) => lane.spans.map(({ span }) => span.id))).toEqual(searchedLanes(all));
      checkNesting(chromeTrace(spanLanes(all)).traceEvents.filter(isComplete));
    }),
    { numRuns: 500 },
  );
});

test("100,000 spans that overlap are put on as many lanes, which a search through all lanes doesn't come to", () => {
  const count = 100_000;
  const all = Array.from({ length: count }, (_, i) => timed([i + 1, undefined, i, i + count]));
  // A few more, each where one of the first has just ended.
  const more = all.slice(0, 1000).map(({ id }) => timed([id + count, undefined, id - 1 + count, 3 * count]));
  const lanes = spanLanes([...all, ...more]);
  expect(lanes).toHaveLength(count);
  expect(more.every(({ id }, i) => lanes[i]!.spans[1]?.span.id === id)).toBe(true);
});

test("the parts of a sum that rounds don't push a child off its parent's lane", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1, max: 1e9, noNaN: true }), { minLength: 4, maxLength: 4 }),
      (all) => {
        const [a, b, c, d] = all.toSorted((x, y) => x - y) as [number, number, number, number];
        fc.pre(a < b && c - b > 1e-3);
        // The child ends when its parent does.
        const lanes = spanLanes([
          timed([1, undefined, a, c]),
          timed([2, 1, b, c]),
          timed([3, undefined, d, d]),
        ]);
        expect(lanes).toHaveLength(1);
        const [outer, inner] = lanes[0]!.spans;
        expect(inner!.endMs).toBeLessThanOrEqual(outer!.endMs);
      },
    ),
  );
});
