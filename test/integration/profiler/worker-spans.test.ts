import { afterAll, beforeEach, expect, test } from "vitest";
import { WorkerPool } from "../../../src/concurrency/worker-pool.ts";
import { PerformanceProfiler, type SpanRecord } from "../../../src/profiler/index.ts";

const file = new URL("../../fixtures/profiler/worker-spans.ts", import.meta.url);
const pool = new WorkerPool({ maxWorkers: 2 });
let profiler: PerformanceProfiler;
beforeEach(() => {
  profiler = new PerformanceProfiler();
});
afterAll(() => pool.close());

const named = (name: string): SpanRecord[] => profiler.getReport().spans.filter((span) => span.name === name);

test("spans of other threads are in the report under the span that sent the work, on one timeline", async () => {
  const threads = await profiler.span("request", () =>
    Promise.all([1, 2, 3].map((n) => pool.run<number>(file, [profiler.context(), n]))),
  );
  const [request] = named("request");
  const jobs = named("job");
  expect(jobs.map(({ metadata }) => metadata?.n).sort()).toEqual([1, 2, 3]);
  for (const job of jobs) {
    expect(job).toMatchObject({ parentId: request!.id, category: "worker", failed: false });
    expect(threads).toContain(job.threadId);
    expect(job.startMs).toBeGreaterThanOrEqual(request!.startMs);
    expect(job.startMs + job.durationMs).toBeLessThanOrEqual(request!.startMs + request!.durationMs);
  }
  expect(new Set(named("step").map(({ parentId }) => parentId))).toEqual(new Set(jobs.map(({ id }) => id)));
  const report = profiler.getReport();
  expect(report.stats).toMatchObject({ spans: 7, remote: 6, lost: 0, open: 0 });
  expect(report.categories.find(({ category }) => category === "worker")?.count).toBe(6);
  expect(new Set(report.spans.map(({ id }) => id)).size).toBe(7);
  const tracks = report
    .toChromeTrace()
    .traceEvents.flatMap(({ args }) => ("name" in args ? [args.name] : []));
  expect(tracks.some((name) => name.startsWith("thread "))).toBe(true);
});

test("a failure in another thread is known as such, with its message", async () => {
  const failing = profiler.span("request", () => pool.run(file, [profiler.context(), -1]));
  await expect(failing).rejects.toThrow("negative: -1");
  expect(named("job")).toMatchObject([
    { failed: true, error: { name: "RangeError", message: "negative: -1" } },
  ]);
  expect(profiler.stats().failed).toBe(2);
});

test("outside of any span, those of other threads stand at the top", async () => {
  await pool.run(file, [profiler.context(), 1]);
  expect(named("job")).toMatchObject([{ parentId: undefined }]);
});

test("listeners are told of them when they are taken in", async () => {
  const told: string[] = [];
  profiler.onSpanEnd(({ name, threadId }) => told.push(`${name} ${threadId > 0}`));
  await pool.run(file, [profiler.context(), 1]);
  expect(told).toEqual([]);
  profiler.stats();
  expect(told).toEqual(["step true", "job true"]);
});

test("more than fit on the way are lost, and counted, and the thread goes on", async () => {
  await pool.run<number>(file, [profiler.context(), 5000], { name: "sync" });
  const { spans, lost } = profiler.stats();
  expect(spans).toBe(2048);
  expect(lost).toBe(5000 - 2048);
  profiler.reset();
  await pool.run<number>(file, [profiler.context(), 10], { name: "sync" });
  expect(profiler.stats()).toMatchObject({ spans: 10, lost: 0 });
});

test("metadata that is too long, or that JSON can't say, is left behind; the span isn't", async () => {
  await pool.run(file, [profiler.context()], { name: "odd" });
  expect(profiler.getReport().spans).toMatchObject([
    { name: "big", metadata: undefined },
    { name: "bigint", metadata: undefined, failed: true, error: { name: "Error", message: "" } },
    { name: "n".repeat(200), category: "é".repeat(200) },
  ]);
});

test("a thread of a thread sends its spans to the one whose work it is", async () => {
  await profiler.span("request", () => pool.run(file, [profiler.context()], { name: "deeper" }));
  const [middle] = named("middle");
  expect(named("job")).toMatchObject([{ parentId: middle!.id }]);
  expect(named("job")[0]!.threadId).not.toBe(middle!.threadId);
});

test("in the same thread a context leads back under its span, and counts nothing twice", async () => {
  const context = profiler.span("first", () => profiler.context());
  const value = await profiler.runInContext(structuredClone(context), async () => {
    await null;
    return profiler.span("second", () => 2);
  });
  expect(value).toBe(2);
  expect(named("second")).toMatchObject([{ parentId: named("first")[0]!.id }]);
  expect(profiler.stats()).toMatchObject({ spans: 2, remote: 0 });
  expect(profiler.runInContext(undefined, () => 1)).toBe(1);
});
