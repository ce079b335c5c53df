import { setImmediate as turn } from "node:timers/promises";
import { GCProfiler } from "node:v8";
import { afterEach, expect, test, vi } from "vitest";
import { MemoryProfiler } from "../../../../src/memory/profile/memory-profiler.ts";
import { collectGarbage } from "../../../support/collect-garbage.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const clock = new ManualClock(1000);
let profiler: MemoryProfiler | undefined;
afterEach(() => {
  vi.restoreAllMocks();
  profiler?.close();
});
const profile = (options: object = {}) => {
  profiler = new MemoryProfiler({ clock, ...options });
  return profiler;
};

test("a sample is taken at once, and then one each interval", () => {
  const started = clock.now();
  const samples = () => profiler?.samples().map(({ atMs }) => atMs - started);
  profile({ intervalMs: 100 });
  expect(samples()).toEqual([0]);
  clock.pass(250);
  expect(samples()).toEqual([0, 100, 200]);
});

test("only the latest samples are kept", () => {
  const started = clock.now();
  profile({ intervalMs: 10, maxSamples: 3 });
  clock.pass(100);
  expect(profiler?.samples().map(({ atMs }) => atMs - started)).toEqual([80, 90, 100]);
});

test("a sample has what the process says of its memory", () => {
  const [sample] = profile().samples();
  const { rss, heapTotal } = process.memoryUsage();
  expect(sample?.heapUsedBytes).toBeGreaterThan(1e6);
  expect(sample?.heapTotalBytes).toBeLessThan(2 * heapTotal);
  expect(sample?.rssBytes).toBeGreaterThan(rss / 2);
  const spaces = Object.entries(sample?.heapSpaces ?? {});
  expect(spaces.map(([name]) => name)).toContain("old_space");
  const used = spaces.reduce((sum, [, bytes]) => sum + bytes, 0);
  expect(Math.abs(used / (sample?.heapUsedBytes ?? 0) - 1)).toBeLessThan(0.1);
});

test("array buffers are seen where they lie: outside of the heap", () => {
  profile({ intervalMs: 10 });
  const held = new ArrayBuffer(50_000_000);
  clock.pass(10);
  const [before, after] = profiler?.samples() ?? [];
  const grown = (after?.arrayBuffersBytes ?? 0) - (before?.arrayBuffersBytes ?? 0);
  expect(grown / held.byteLength).toBeCloseTo(1, 1);
});

test("pauses for collection are counted by kind, in the sample after them and in the profile", async () => {
  profile({ intervalMs: 1000 });
  await collectGarbage();
  await turn();
  await turn();
  clock.pass(1000);
  const { major } = profiler?.samples().at(-1)?.gc ?? {};
  expect(major?.count).toBeGreaterThanOrEqual(3);
  const { gc, spanMs, samples } = profiler!.profile();
  expect({ spanMs, samples }).toEqual({ spanMs: 1000, samples: 3 });
  expect(gc.kinds.major).toEqual(major);
  const totalMs = Object.values(gc.kinds).reduce((sum, kind) => sum + kind.totalMs, 0);
  expect(gc.timeShare).toBeCloseTo(totalMs / 1000, 10);
});

test("a profile gives the least, the mean and the most of its samples", () => {
  profile({ intervalMs: 10 });
  clock.pass(30);
  const { rssBytes, samples } = profiler!.profile();
  const all = profiler!.samples().map((sample) => sample.rssBytes);
  expect(samples).toBe(5);
  expect(rssBytes.min).toBe(Math.min(...all));
  expect(rssBytes.max).toBe(Math.max(...all));
  expect(rssBytes.mean).toBeCloseTo(all.reduce((sum, value) => sum + value, 0) / all.length, 0);
});

test("closed, it has no timer, and its samples stay", () => {
  profile({ intervalMs: 10 });
  profiler?.close();
  profiler?.close();
  expect(clock.pending).toBe(0);
  clock.pass(100);
  expect(profiler?.samples()).toHaveLength(1);
});

test("wrong options are refused by name", () => {
  expect(() => profile({ intervalMs: 1 })).toThrow("intervalMs: expected milliseconds ≥ 10, got 1");
  expect(() => profile({ maxSamples: 1 })).toThrow("maxSamples: expected an integer ≥ 2, got 1");
  expect(() => profile({ every: 1 })).toThrow('unknown option "every"');
});

test("where the system can't be asked, a sample is missing, and the next one comes", () => {
  const started = clock.now();
  profile({ intervalMs: 10 });
  const asked = vi.spyOn(process, "memoryUsage").mockImplementation(() => {
    throw new Error("EMFILE: too many open files, uv_resident_set_memory");
  });
  clock.pass(20);
  expect(profiler?.profile().samples).toBe(1);
  asked.mockRestore();
  clock.pass(10);
  expect(profiler?.samples().map(({ atMs }) => atMs - started)).toEqual([0, 30]);
});

test("wrong options begin nothing", () => {
  const started = vi.spyOn(GCProfiler.prototype, "start");
  expect(() => new MemoryProfiler({ maxSamples: 1 })).toThrow(RangeError);
  expect(started).not.toHaveBeenCalled();
});

test("as many samples are kept as one likes", () => {
  profile({ intervalMs: 10, maxSamples: 150_000 });
  const reading = process.memoryUsage();
  vi.spyOn(process, "memoryUsage").mockReturnValue(reading);
  clock.pass(1_500_000);
  expect(profiler?.profile()).toMatchObject({ samples: 150_000, rssBytes: { max: reading.rss } });
});
