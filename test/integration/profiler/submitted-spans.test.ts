import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { WorkerPool } from "../../../src/concurrency/worker-pool.ts";
import { getProfiler, PerformanceProfiler, type SpanRecord } from "../../../src/profiler/index.ts";

const file = new URL("../../fixtures/profiler/submitted-spans.ts", import.meta.url);
const profiler = getProfiler();
const pool = new WorkerPool({ maxWorkers: 2 });
beforeEach(() => profiler.reset());
afterEach(() => {
  profiler.enabled = true;
});
afterAll(() => pool.close());

const named = (name: string, of = profiler): SpanRecord[] =>
  of.getReport().spans.filter((span) => span.name === name);
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
};

test("spans of a task are children of the span that it was submitted under, whoever else submits", async () => {
  const threads = await Promise.all(
    [1, 2, 3, 4].map((n) =>
      profiler.span("request", { metadata: { n } }, async () => {
        await null;
        return pool.run<number>(file, [n]);
      }),
    ),
  );
  const requests = new Map(named("request").map(({ id, metadata }) => [id, metadata?.n]));
  const jobs = named("job");
  expect(jobs.map(({ metadata }) => metadata?.n).sort()).toEqual([1, 2, 3, 4]);
  for (const job of jobs) {
    expect(requests.get(job.parentId!)).toBe(job.metadata?.n);
    expect(threads).toContain(job.threadId);
  }
  const steps = new Map(named("step").map(({ parentId, metadata }) => [parentId, metadata?.n]));
  for (const job of jobs) expect(steps.get(job.id)).toBe(job.metadata?.n);
  expect(profiler.stats()).toMatchObject({ spans: 12, remote: 8, lost: 0, open: 0 });
});

test("many short tasks in one message each have their own parent", async () => {
  await pool.run(file, [0], { name: "sync" });
  profiler.reset();
  const all = Array.from({ length: 300 }, (_, n) => n);
  // Every third one is submitted under no span.
  const submit = (n: number) => pool.run<number>(file, [n], { name: "sync" });
  const under = (n: number) => profiler.span("request", { metadata: { n } }, () => submit(n));
  expect(await Promise.all(all.map((n) => (n % 3 === 0 ? submit(n) : under(n))))).toEqual(all);
  const requests = new Map(named("request").map(({ id, metadata }) => [id, metadata?.n]));
  const done = named("sync");
  expect(done).toHaveLength(300);
  for (const { parentId, metadata } of done) {
    const n = metadata?.n as number;
    if (n % 3 === 0) expect(parentId).toBeUndefined();
    else expect(requests.get(parentId!)).toBe(n);
  }
});

test("a failed task's span is in the report as failed", async () => {
  const failing = profiler.span("request", () => pool.run(file, [-1]));
  await expect(failing).rejects.toThrow("negative: -1");
  expect(named("job")).toMatchObject([{ failed: true, parentId: named("request")[0]!.id }]);
});

test("a function that is sent as text does the same", async () => {
  const source = "return import(url).then((module) => module.sync(7))";
  const fn = new Function("url", source) as (url: string) => Promise<number>;
  expect(await profiler.span("request", () => pool.run(fn, [file.href]))).toBe(7);
  expect(named("sync")).toMatchObject([{ parentId: named("request")[0]!.id }]);
});

test("what a task leaves running belongs to its span, though other tasks run meanwhile", async () => {
  await Promise.all(
    [1, 2, 3, 4].map((n) =>
      profiler.span("request", { metadata: { n } }, () => pool.run(file, [n], { name: "late" })),
    ),
  );
  await until(() => named("late").length === 4);
  const requests = new Map(named("request").map(({ id, metadata }) => [id, metadata?.n]));
  for (const { parentId, metadata } of named("late")) expect(requests.get(parentId!)).toBe(metadata?.n);
});

test("spans that are started leave the task under its span again when they end", async () => {
  const current = await profiler.span("request", () => pool.run(file, [], { name: "started" }));
  const [request] = named("request");
  expect(current).toBe(request!.id);
  const [first] = named("first");
  expect(first).toMatchObject({ parentId: request!.id });
  expect(named("within")).toMatchObject([{ parentId: first!.id }]);
  expect(named("second")).toMatchObject([{ parentId: request!.id }]);
});

test("a thread of a thread reports to the one whose work it is, with and without spans between", async () => {
  await profiler.span("request", () => pool.run(file, [1], { name: "relayed" }));
  const [request] = named("request");
  expect(named("job")).toMatchObject([{ parentId: request!.id }]);
  profiler.reset();
  await profiler.span("request", () => pool.run(file, [2], { name: "relayedUnderSpan" }));
  const [middle] = named("middle");
  expect(middle).toMatchObject({ parentId: named("request")[0]!.id });
  expect(named("job")).toMatchObject([{ parentId: middle!.id }]);
  expect(named("job")[0]!.threadId).not.toBe(middle!.threadId);
});

test("a task that is run again, since its thread ended, keeps its parent", async () => {
  const mark = new SharedArrayBuffer(4);
  const options = { name: "endThread", idempotent: true };
  expect(await profiler.span("request", () => pool.run(file, [mark, 9], options))).toBe(9);
  expect(named("sync")).toMatchObject([{ parentId: named("request")[0]!.id, metadata: { n: 9 } }]);
});

test("while profiling is switched off nothing is handed on, and the thread's spans are its own", async () => {
  profiler.enabled = false;
  await using own = new WorkerPool({ maxWorkers: 1 });
  await profiler.span("request", () => own.run(file, [1], { name: "sync" }));
  expect(await own.run(file, [], { name: "spansHere" })).toBe(1);
  profiler.enabled = true;
  expect(profiler.stats().spans).toBe(0);
});

test("a pool can be given another profiler than the process's", async () => {
  const other = new PerformanceProfiler();
  await using own = new WorkerPool({ maxWorkers: 1, profiler: other });
  await other.span("request", () => profiler.span("aside", () => own.run(file, [1], { name: "sync" })));
  await other.span("request", () => own.run(file, [], { name: "ownProfiler" }));
  const requests = named("request", other);
  expect(named("sync", other)).toMatchObject([{ parentId: requests[0]!.id }]);
  expect(named("own", other)).toMatchObject([{ parentId: requests[1]!.id }]);
  expect(named("sync")).toEqual([]);
});
