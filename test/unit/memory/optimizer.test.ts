import { afterEach, expect, test } from "vitest";
import { BufferPool, MemoryOptimizer, ObjectPool } from "../../../src/memory/index.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { ManualClock } from "../../support/manual-clock.ts";

let optimizer = new MemoryOptimizer();
afterEach(() => {
  optimizer.close();
  optimizer = new MemoryOptimizer();
});
const maps = { factory: () => new Map<string, number>(), reset: (map: Map<string, number>) => map.clear() };

test("a pool is had again by its name, and by its own kind alone", () => {
  const pool = optimizer.createPool("maps", maps);
  const buffers = optimizer.createBufferPool("buffers");
  expect(pool).toBeInstanceOf(ObjectPool);
  expect(buffers).toBeInstanceOf(BufferPool);
  expect(optimizer.getPool("maps")).toBe(pool);
  expect(optimizer.getBufferPool("buffers")).toBe(buffers);
  expect([optimizer.getPool("buffers"), optimizer.getBufferPool("maps"), optimizer.getPool("x")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("a name is one pool's, whatever its kind, until that is removed", () => {
  const pool = optimizer.createPool("shared", maps);
  expect(() => optimizer.createBufferPool("shared")).toThrow(
    expect.objectContaining({ code: "VICTOR_NAME_TAKEN", takenName: "shared", kind: "pool" }),
  );
  pool.release(pool.acquire());
  expect(optimizer.removePool("shared")).toBe(true);
  expect(optimizer.removePool("shared")).toBe(false);
  expect(pool.stats().idle).toBe(0);
  expect(optimizer.createBufferPool("shared")).toBeInstanceOf(BufferPool);
});

test("a wrong pool takes no name", () => {
  expect(() => optimizer.createPool("maps", {} as typeof maps)).toThrow(TypeError);
  expect(optimizer.createPool("maps", maps)).toBeInstanceOf(ObjectPool);
});

test("the stats have the process's memory, and every pool and life cycle", () => {
  const pool = optimizer.createPool("maps", maps);
  pool.release(pool.acquire());
  pool.acquire();
  const held = {};
  optimizer.trackLifeCycle("Session", { sampleEvery: 1 }).born(held);
  const { memory, heapLimitBytes, pools, lifeCycles, profile } = optimizer.getStats();
  expect(memory.heapUsedBytes).toBeGreaterThan(1e6);
  expect(heapLimitBytes).toBeGreaterThan(memory.heapUsedBytes);
  expect(pools.maps).toMatchObject({ acquired: 2, reused: 1, reuseRate: 0.5 });
  expect(lifeCycles.Session).toMatchObject({ born: 1, alive: 1 });
  expect(profile).toBeUndefined();
});

test("profiling is enabled once, and again after its end", () => {
  const clock = new ManualClock();
  const profiler = optimizer.enableProfiling({ clock, intervalMs: 10 });
  expect(() => optimizer.enableProfiling()).toThrow(
    expect.objectContaining({ code: "VICTOR_ALREADY_ENABLED" }),
  );
  clock.pass(20);
  expect(optimizer.getStats().profile).toMatchObject({ samples: 4, spanMs: 20 });
  profiler.close();
  expect(optimizer.getStats().profile).toMatchObject({ samples: 4, spanMs: 20 });
  expect(optimizer.enableProfiling({ clock })).not.toBe(profiler);
});

test("profiling that was refused for an option is not enabled", () => {
  expect(() => optimizer.enableProfiling({ intervalMs: 0 })).toThrow(RangeError);
  expect(optimizer.enableProfiling({ clock: new ManualClock() }).isOpen).toBe(true);
});

test("a life cycle is made once for each name", () => {
  const sessions = optimizer.trackLifeCycle("Session");
  expect(optimizer.trackLifeCycle("Session")).toBe(sessions);
  expect(optimizer.trackLifeCycle("User")).not.toBe(sessions);
});

test("the summary says it all in some lines", () => {
  const clock = new ManualClock();
  optimizer.enableProfiling({ clock });
  clock.pass(2000);
  const pool = optimizer.createPool("maps", maps);
  pool.release(pool.acquire());
  pool.acquire();
  const life = optimizer.trackLifeCycle("Session", { sampleEvery: 1 });
  const held = Array.from({ length: 1500 }, () => ({}));
  for (const object of held) life.born(object);
  const lines = optimizer.getMemorySummary().split("\n");
  expect(lines[0]).toMatch(/^Resident \d+\.\d MiB$/);
  expect(lines[1]).toMatch(/^Heap \d+\.\d of \d+\.\d MiB, limit \d+\.\d MiB$/);
  expect(lines[3]).toMatch(/^In 2 s, 4 samples: resident \d+\.\d to \d+\.\d MiB, heap /);
  expect(lines[4]).toMatch(/^Garbage collection \d/);
  expect(lines.slice(5)).toEqual([
    "Pool maps: 2 acquired, 50.0 % reused, 1 in use, 0 idle",
    "Session: 1,500 born, 1,500 alive",
  ]);
});

test("a running program is watched for leaks once, until the optimizer is closed", () => {
  const clock = new ManualClock();
  const detector = optimizer.watchLeaks({ clock, profiling: false });
  expect(() => optimizer.watchLeaks()).toThrow(
    expect.objectContaining({ code: "VICTOR_LEAK_DETECTION_RUNNING" }),
  );
  expect(detector.report().status).toBe("not enough evidence");
  expect([...optimizer.collect()].map(({ name }) => name)).toEqual(
    [...detector.collect()].map(({ name }) => name),
  );
  optimizer.close();
  expect(clock.pending).toBe(0);
  optimizer = new MemoryOptimizer();
  optimizer.watchLeaks({ clock, profiling: false });
});

test("the collector is tuned, and told of, by the class", async () => {
  using tuning = MemoryOptimizer.enableGcTuning();
  expect(() => MemoryOptimizer.enableGcTuning()).toThrow(
    expect.objectContaining({ code: "VICTOR_GC_TUNING_ACTIVE" }),
  );
  expect(tuning.advice().change).toBe("not-yet");
  expect((await MemoryOptimizer.adviseGc({ observeMs: 1 })).flags).toEqual([]);
});

test("objects are counted truly", () => {
  const before = optimizer.countObjects();
  const held = Array.from({ length: 10_000 }, (_, i) => ({ i }));
  const { objects, tookMs } = optimizer.countObjects();
  expect(objects - before.objects).toBeGreaterThan(held.length - 500);
  expect(objects - before.objects).toBeLessThan(held.length + 500);
  expect(tookMs).toBeGreaterThan(0);
});

test("pools and life cycles are metrics of the optimizer", () => {
  const registry = new MetricRegistry();
  registry.register(optimizer);
  optimizer.createPool("maps", maps).acquire();
  optimizer.trackLifeCycle("Session").born({});
  const names = registry.collect().map(({ name, labels }) => `${name} ${Object.values(labels)}`);
  expect(names).toContain("victor.object_pool.acquired maps");
  expect(names).toContain("victor.memory.life_cycle.born Session");
});

test("closed, it takes nothing new, and its pools go on", () => {
  const clock = new ManualClock();
  const pool = optimizer.createPool("maps", maps);
  pool.release(pool.acquire());
  optimizer.enableProfiling({ clock });
  optimizer.close();
  optimizer.close();
  expect(clock.pending).toBe(0);
  expect(pool.stats().idle).toBe(0);
  expect(pool.acquire()).toBeInstanceOf(Map);
  const closed = expect.objectContaining({ code: "VICTOR_CLOSED" });
  expect(() => optimizer.createPool("x", maps)).toThrow(closed);
  expect(() => optimizer.createBufferPool("x")).toThrow(closed);
  expect(() => optimizer.enableProfiling()).toThrow(closed);
  expect(() => optimizer.trackLifeCycle("x")).toThrow(closed);
});
