import * as api from "@opentelemetry/api";
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ExportSpansOptions, exportSpans } from "../../../../src/metrics/export/export-spans.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { ended, ScriptedProfiler } from "../../../support/scripted-profiler.ts";

type Options = Partial<ExportSpansOptions<api.Context, api.Span>>;

function setUp(options: Options = {}, sampler?: Sampler) {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    ...(sampler && { sampler }),
  });
  const profiler = new ScriptedProfiler();
  const tracer = provider.getTracer("test");
  const spans = exportSpans(profiler, { tracer, api, ...options });
  /** Each exported span's name with the names above it: `root/child/leaf`. */
  const paths = async (): Promise<string[]> => {
    await provider.forceFlush();
    const all = exporter.getFinishedSpans();
    const byId = new Map(all.map((span) => [span.spanContext().spanId, span]));
    return all.map((span) => {
      let path = span.name;
      for (let at = span; at.parentSpanContext; ) {
        const above = byId.get(at.parentSpanContext.spanId);
        if (!above) return `?/${path}`;
        expect(at.spanContext().traceId).toBe(above.spanContext().traceId);
        path = `${above.name}/${path}`;
        at = above;
      }
      return path;
    });
  };
  return { profiler, spans, exporter, paths };
}

describe("the spans of a tree", () => {
  test("wait for their root, and then come from the root down", async () => {
    const { profiler, spans, paths } = setUp();
    profiler.end(ended({ id: 3, parentId: 2, name: "leaf" }));
    profiler.end(ended({ id: 2, parentId: 1, name: "child" }));
    await spans.flush();
    expect([await paths(), spans.stats().held]).toEqual([[], 2]);
    profiler.end(ended({ id: 1, name: "root" }));
    await spans.flush();
    expect(await paths()).toEqual(["root", "root/child", "root/child/leaf"]);
    expect(spans.stats()).toEqual({ exported: 3, orphaned: 0, dropped: 0, failed: 0, held: 0 });
  });

  test("keep parents and traces in whatever order they end, roots that end first included", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.array(fc.nat(), { minLength: 21, maxLength: 21 }),
        fc.array(fc.boolean(), { minLength: 21, maxLength: 21 }),
        async (parents, order, flushes) => {
          const { profiler, spans, paths } = setUp();
          const parentOf = (id: number): number | undefined =>
            id === 1 ? undefined : 1 + (parents[id - 2]! % (id - 1));
          const pathOf = (id: number): string => {
            const above = parentOf(id);
            return above === undefined ? `span ${id}` : `${pathOf(above)}/span ${id}`;
          };
          const ids = Array.from({ length: parents.length + 1 }, (_, i) => i + 1);
          const shuffled = ids.toSorted((a, b) => order[a - 1]! - order[b - 1]!);
          for (const [i, id] of shuffled.entries()) {
            profiler.end(ended({ id, parentId: parentOf(id) }));
            if (flushes[i]) await spans.flush();
          }
          await spans.flush();
          expect((await paths()).sort()).toEqual(ids.map(pathOf).sort());
          expect(spans.stats()).toMatchObject({ orphaned: 0, held: 0 });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("that is thousands deep is no trouble", async () => {
    const { profiler, spans, exporter } = setUp();
    for (let id = 5000; id >= 1; id--) profiler.end(ended({ id, parentId: id === 1 ? undefined : id - 1 }));
    await spans.flush();
    expect(exporter.getFinishedSpans()).toHaveLength(5000);
  });

  test("follow the sampler's word on the root", async () => {
    const { profiler, spans, exporter } = setUp({}, new ParentBasedSampler({ root: new AlwaysOffSampler() }));
    profiler.end(ended({ id: 2, parentId: 1 }));
    profiler.end(ended({ id: 1 }));
    await spans.flush();
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(spans.stats().exported).toBe(2);
  });

  test("keep what they lasted and when they began, to the nanosecond", async () => {
    const { profiler, spans, exporter } = setUp();
    const startMs = performance.now() - 5;
    const before = Date.now();
    profiler.end(ended({ id: 2, parentId: 1, startMs: startMs + 0.125, durationMs: 0.000_25 }));
    profiler.end(ended({ id: 1, startMs, durationMs: 1234.5 }));
    await spans.flush();
    const [root, child] = exporter.getFinishedSpans();
    const nanos = ([seconds, part]: [number, number]): bigint =>
      BigInt(seconds) * 1_000_000_000n + BigInt(part);
    expect(root?.duration).toEqual([1, 234_500_000]);
    expect(child?.duration).toEqual([0, 250]);
    expect(nanos(child!.startTime) - nanos(root!.startTime)).toBe(125_000n);
    const [from, to] = [BigInt(before - 7) * 1_000_000n, BigInt(Date.now()) * 1_000_000n];
    expect(nanos(root!.startTime)).toBeGreaterThan(from);
    expect(nanos(root!.startTime)).toBeLessThan(to);
  });
});

describe("what fails or is odd", () => {
  test("a failed span has the status ERROR, also without an error that is known", async () => {
    const { profiler, spans, exporter } = setUp();
    profiler.end(ended({ id: 1, failed: true, error: { name: "Error", message: "no" } }));
    profiler.end(ended({ id: 2, failed: true }));
    profiler.end(ended({ id: 3 }));
    await spans.flush();
    expect(exporter.getFinishedSpans().map(({ status, events }) => [status, events.length])).toEqual([
      [{ code: api.SpanStatusCode.ERROR, message: "no" }, 1],
      [{ code: api.SpanStatusCode.ERROR }, 0],
      [{ code: api.SpanStatusCode.UNSET }, 0],
    ]);
  });

  test("metadata of any kind becomes attributes that OpenTelemetry takes", async () => {
    const { profiler, spans, exporter } = setUp();
    const circular: Record<string, unknown> = { long: "x".repeat(5000) };
    circular.self = circular;
    const metadata = {
      n: 1,
      s: "a",
      b: true,
      list: [1, 2],
      mixed: [1, "a"],
      big: 5n,
      nothing: null,
      circular,
    };
    profiler.end(ended({ id: 1, threadId: 4, metadata }));
    await spans.flush();
    const attributes = exporter.getFinishedSpans()[0]?.attributes;
    expect(attributes).toMatchObject({
      "victor.profiler.category": "test",
      "thread.id": 4,
      n: 1,
      s: "a",
      b: true,
      list: [1, 2],
      mixed: "[ 1, 'a' ]",
      big: "5",
    });
    expect(attributes).not.toHaveProperty("nothing");
    expect(String(attributes?.circular)).toHaveLength(1000);
  });

  test("metadata that throws when it is read costs that span alone, and its children go to its parent", async () => {
    const { profiler, spans, paths } = setUp();
    const metadata = {
      get broken(): string {
        throw new Error("broken");
      },
    };
    profiler.end(ended({ id: 3, parentId: 2, name: "leaf" }));
    profiler.end(ended({ id: 2, parentId: 1, metadata }));
    profiler.end(ended({ id: 1, name: "root" }));
    await spans.flush();
    expect(await paths()).toEqual(["root", "root/leaf"]);
    expect(spans.stats()).toMatchObject({ exported: 2, failed: 1 });
  });
});

describe("bounds", () => {
  test("what waits too long for a parent goes without it, with all below it", async () => {
    const clock = new FakeClock();
    const { profiler, spans, paths } = setUp({ clock, maxHoldMs: 1000 });
    profiler.end(ended({ id: 3, parentId: 2, name: "leaf" }));
    profiler.end(ended({ id: 2, parentId: 1, name: "request" }));
    await clock.advance(999);
    await spans.flush();
    expect(await paths()).toEqual([]);
    await clock.advance(1);
    await spans.flush();
    expect(await paths()).toEqual(["request", "request/leaf"]);
    expect(spans.stats()).toMatchObject({ orphaned: 1, held: 0 });
    expect(clock.pending).toBe(0);
  });

  test("under a root that never ends, no more than allowed is held", async () => {
    const { profiler, spans, exporter } = setUp({ maxSpans: 100 });
    for (let id = 2; id < 5000; id++) {
      profiler.end(ended({ id, parentId: 1 }));
      expect(spans.stats().held).toBeLessThanOrEqual(200);
      if (id % 50 === 0) await spans.flush();
    }
    await spans.close();
    expect(spans.stats()).toMatchObject({ exported: 4998, dropped: 0, held: 0 });
    expect(exporter.getFinishedSpans()).toHaveLength(4998);
  });

  test("more than can be replayed is dropped and counted", async () => {
    const { profiler, spans } = setUp({ maxSpans: 10 });
    for (let id = 1; id <= 100; id++) profiler.end(ended({ id }));
    expect(spans.stats()).toMatchObject({ held: 10, dropped: 90 });
    await spans.flush();
    expect(spans.stats()).toMatchObject({ exported: 10, held: 0 });
  });

  test("close exports all that waits, hears of no more, and may be called again", async () => {
    const clock = new FakeClock();
    const { profiler, spans, paths } = setUp({ clock });
    profiler.end(ended({ id: 2, parentId: 1, name: "child" }));
    await spans.close();
    await spans.close();
    expect(await paths()).toEqual(["child"]);
    expect([profiler.listeners.size, clock.pending]).toEqual([0, 0]);
  });
});

test("a span that ends just as all others have been replayed is replayed, too", async () => {
  const tracer = new TracerProvider().getTracer("test");
  const profiler = new ScriptedProfiler();
  let isFirst = true;
  const startSpan = (...given: Parameters<api.Tracer["startSpan"]>): api.Span => {
    // Such as an exporter's own work, when that is profiled.
    if (isFirst) queueMicrotask(() => profiler.end(ended({ id: 2, name: "second" })));
    isFirst = false;
    return tracer.startSpan(...given);
  };
  const spans = exportSpans(profiler, { tracer: { startSpan }, api });
  profiler.end(ended({ id: 1, name: "first" }));
  await spans.flush();
  await new Promise(setImmediate);
  await spans.flush();
  expect(spans.stats()).toMatchObject({ exported: 2, held: 0 });
});
