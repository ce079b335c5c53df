import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ReportOptions, type RoomContext, rooms, runReport } from "../../../src/report/index.ts";
import { machineProgram } from "../../services/machine-package.ts";
import { usePostgres } from "../../services/use-postgres.ts";

const postgres = usePostgres();
let outDir: string;
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), "victor-rows-"));
});
afterEach(async () => {
  await rm(outDir, { recursive: true, force: true });
});

const room = (id: string) => rooms.filter((one) => one.id === id);
const once = { processes: 1, rounds: 1, warmupRounds: 0 };

test("all rooms of one report find their place, each beside what the others left", async () => {
  const ids: string[] = [];
  const opened = rooms.map((one) => ({
    ...one,
    open: async (context: RoomContext) => {
      ids.push(one.id);
      return { ...(await one.open(context)), workloads: [] };
    },
  }));
  // Without a row, what a room throws when it is opened is thrown.
  await runReport({ rooms: opened, quick: true, outDir, formats: ["json"], repetitions: once });
  expect(ids).toEqual(rooms.map(({ id }) => id));
});

test.each(["sqlite", "postgres"] as const)(
  "all variants of all rows on %s give the same answers, and a peer stands in every row or is named",
  async (engine) => {
    const options: ReportOptions = engine === "sqlite" ? { engine } : { engine, url: postgres().url };
    const { document } = await runReport({
      ...options,
      rooms: room("database"),
      quick: true,
      outDir,
      formats: ["json"],
      repetitions: once,
    });
    expect(document.partial).toBe(false);
    const rows = document.areas.flatMap((area) => area.rows);
    expect(rows.map(({ id, error, check }) => ({ id, error, check: check?.ok }))).toEqual(
      ["query-time", "query-time-uniform", "connection", "batch"].map((id) => ({
        id: `database.${id}`,
        error: undefined,
        check: true,
      })),
    );
    for (const row of rows) {
      expect([row.baseline.status, row.optimized.status]).toEqual(["measured", "measured"]);
      expect(["measured", "not-installed"]).toContain(row.peer?.status);
    }
    const rates = rows.flatMap((row) => row.figures);
    expect(rates.map(({ id }) => id)).toEqual(["database.hit-rate", "database.hit-rate-uniform"]);
    // On PostgreSQL the keys alone decide; on SQLite also which reads have proven too cheap to cache, on this machine.
    const [skewed, uniform] = rates.map(({ value }) => value) as [number, number];
    for (const rate of [skewed, uniform]) {
      expect(rate).toBeGreaterThan(0);
      expect(rate).toBeLessThan(1);
    }
    if (engine === "postgres") expect(skewed).toBeGreaterThan(uniform);
  },
);

test("all variants of all rows of the algorithms give the same answers, and memory is as it is printed", async () => {
  const { document } = await runReport({
    rooms: room("algorithms"),
    quick: true,
    outDir,
    formats: ["json"],
    repetitions: once,
  });
  const rows = document.areas.flatMap((area) => area.rows);
  expect(rows.map(({ id, error, check }) => ({ id, error, check: check?.ok }))).toEqual(
    ["lookup", "lookup-fresh", "entry-memory", "filter-size", "lazy"].map((id) => ({
      id: `algorithms.${id}`,
      error: undefined,
      check: true,
    })),
  );
  for (const row of rows) {
    expect(["measured", "not-installed"]).toContain(row.baseline.status);
    expect(row.optimized.status).toBe("measured");
    expect(["measured", "not-installed"]).toContain(row.peer?.status);
  }
  const counters = Object.fromEntries(
    rows.map(({ id, optimized }) => [
      id,
      optimized.status === "measured" ? optimized.counter?.[0] : undefined,
    ]),
  );
  expect(counters["algorithms.lookup"]).toBeUndefined();
  // 16 bytes of integers, 16 of cells and 3 to 6 of buckets: what the heap says can't be far from what was allocated.
  expect(counters["algorithms.entry-memory"]).toBeGreaterThan(34);
  expect(counters["algorithms.entry-memory"]).toBeLessThan(45);
  // 100,000 keys of 9.6 bits at least, as a filter of one in a hundred needs them.
  expect(counters["algorithms.filter-size"]).toBeGreaterThan(100_000 * (9.585 / 8));
  expect(counters["algorithms.filter-size"]).toBeLessThan(100_000 * 2.5);
  expect(counters["algorithms.lazy"]).toBeCloseTo(3.69, 1);
});

test("all variants of all rows of concurrency give the same answers, and none is better for having done less", async () => {
  const { document } = await runReport({
    rooms: room("concurrency"),
    quick: true,
    outDir,
    formats: ["json"],
    repetitions: once,
  });
  const rows = document.areas.flatMap((area) => area.rows);
  const counted = process.platform === "win32" ? [] : ["context-switches"];
  expect(rows.map(({ id, error, check }) => ({ id, error, check: check?.ok }))).toEqual(
    ["held-tasks", "task-latency", "thread-cpu", ...counted].map((id) => ({
      id: `concurrency.${id}`,
      error: undefined,
      check: true,
    })),
  );
  for (const row of rows) {
    expect([row.baseline.status, row.optimized.status]).toEqual(["measured", "measured"]);
    expect(["measured", "not-installed"]).toContain(row.peer?.status);
  }
  const [held, , cpu, switches] = rows.map(({ optimized }) =>
    optimized.status === "measured" ? optimized.counter?.[0] : undefined,
  );
  // The service can do no more than 800 a second.
  expect(held).toBeLessThan(1.2 * 800);
  expect(cpu).toBeGreaterThan(100);
  if (switches !== undefined) expect(switches).toBeGreaterThan(0);
  const figures = rows.flatMap((row) => row.figures);
  expect(figures.map(({ id }) => id)).toEqual(["concurrency.held-share", "concurrency.list-time"]);
  // 64 tasks of 10 ms for 8 processors, however many of them run at once.
  expect(figures[1]?.value).toBeGreaterThan(75e6);
});

test("the service answers the same with everything off and with everything on", async () => {
  const { document } = await runReport({
    rooms: room("service"),
    quick: true,
    outDir,
    formats: ["json"],
    repetitions: once,
  });
  const rows = document.areas.flatMap((area) => area.rows);
  expect(rows.map(({ id, error, check }) => ({ id, error, check: check?.ok }))).toEqual(
    ["latency", "memory", "throughput"].map((id) => ({
      id: `service.${id}`,
      error: undefined,
      check: true,
    })),
  );
  // The plain one asks the other service, 20 ms away, for every visit.
  const latency = rows[0]!.baseline.status === "measured" ? rows[0]!.baseline.counter?.[0] : undefined;
  expect(latency).toBeGreaterThan(20e6);
});

test("all variants of all rows of the network give the same answers, and what is counted can be", async () => {
  const { document } = await runReport({
    rooms: room("network"),
    quick: true,
    outDir,
    formats: ["json"],
    repetitions: once,
  });
  const rows = document.areas.flatMap((area) => area.rows);
  expect(rows.map(({ id, error, check }) => ({ id, error, check: check?.ok }))).toEqual(
    ["latency", "throughput", "retry-success"].map((id) => ({
      id: `network.${id}`,
      error: undefined,
      check: true,
    })),
  );
  for (const row of rows) {
    expect([row.baseline.status, row.optimized.status]).toEqual(["measured", "measured"]);
    expect(["measured", "not-installed"]).toContain(row.peer?.status);
  }
  const [latency, throughput, success] = rows.map(({ optimized }) =>
    optimized.status === "measured" ? (optimized.counter?.[0] ?? 0) : 0,
  ) as [number, number, number];
  // Two of three requests go to an origin that waits for 20 ms.
  expect(latency).toBeGreaterThan(10e6);
  // 100 callers who wait 20 ms.
  expect(throughput).toBeLessThan(5000);
  const fetched = rows[2]?.baseline;
  const fetchSuccess = fetched?.status === "measured" ? (fetched.counter?.[0] ?? 0) : 0;
  // 78 %, with four standard deviations of 500 draws, and less on a machine where calls come too late.
  expect(fetchSuccess).toBeLessThan(0.86);
  expect(success).toBeGreaterThan(fetchSuccess);
  const figures = new Map(rows.flatMap((row) => row.figures).map(({ id, value }) => [id, value]));
  const share = (id: string) => figures.get(`network.${id}`);
  expect([...figures.keys()]).toEqual(
    [
      ...["cache-hit-rate", "pool-hit-rate", "origin-requests", "latency-p99"],
      ...["requests-per-connection", "retry-requests"],
    ].map((id) => `network.${id}`),
  );
  // What the seed's requests can find in a cache at most, where a hedge may be a request more.
  expect(share("cache-hit-rate")).toBeGreaterThan(0.2);
  expect(share("cache-hit-rate")).toBeLessThan(0.6);
  expect(share("origin-requests")).toBeGreaterThan(0.4);
  expect(share("origin-requests")).toBeLessThan(0.9);
  expect(share("pool-hit-rate")).toBeLessThan(1);
  expect(share("retry-requests")).toBeGreaterThan(1);
  expect(share("retry-requests")).toBeLessThan(1.5);
});

test("all variants of all rows of the shared cache give the same answers, a key is loaded once, and nothing is stale", {
  timeout: 600_000,
}, async () => {
  machineProgram("redis-server");
  const { document } = await runReport({
    rooms: room("cache"),
    quick: true,
    outDir,
    formats: ["json"],
    repetitions: once,
  });
  const rows = document.areas.flatMap((area) => area.rows);
  expect(rows.map(({ id, error, check }) => ({ id, error, check: check?.ok }))).toEqual(
    ["memory-hit", "shared-hit", "miss", "stampede", "visible"].map((id) => ({
      id: `cache.${id}`,
      error: undefined,
      check: true,
    })),
  );
  for (const row of rows) {
    expect([row.baseline.status, row.optimized.status]).toEqual(["measured", "measured"]);
    expect(["measured", "not-installed"]).toContain(row.peer?.status);
  }
  const loads = [rows[3]?.baseline, rows[3]?.optimized].map((variant) =>
    variant?.status === "measured" ? variant.counter?.[0] : undefined,
  );
  // Four nodes with 50 callers each.
  expect(loads).toEqual([200, 1]);
  expect(rows.flatMap((row) => row.figures).map(({ id, value }) => ({ id, value }))).toEqual([
    { id: "cache.stale-reads", value: 0 },
  ]);
  expect(document.environment.Redis).toMatch(/^\d+\.\d+/);
});

test("without a Redis on the machine the rows of the shared cache aren't measured, which is no failure", async () => {
  vi.stubEnv("PATH", outDir);
  try {
    const { document } = await runReport({
      rooms: room("cache"),
      quick: true,
      outDir,
      formats: ["json", "md"],
      repetitions: once,
    });
    const [area] = document.areas;
    expect(area?.error).toBeUndefined();
    expect(area?.missing).toMatch(/^install redis-server/);
    expect(area?.rows.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 5 }, () => "not-run"));
    const text = await readFile(join(outDir, "performance-tuning-report.md"), "utf8");
    expect(text).toContain("**Not measured:** install redis-server");
  } finally {
    vi.unstubAllEnvs();
  }
});

test("all variants of all rows of memory give the same answers, and pools are used again", {
  timeout: 600_000,
}, async () => {
  const { document } = await runReport({
    rooms: room("memory"),
    quick: true,
    outDir,
    formats: ["json"],
    repetitions: once,
  });
  const rows = document.areas.flatMap((area) => area.rows);
  expect(rows.map(({ id, error, check }) => ({ id, error, check: check?.ok }))).toEqual(
    ["resident", "gc-time", "objects", "aggressive-mode", "throughput-mode", "nothing-to-win"].map((id) => ({
      id: `memory.${id}`,
      error: undefined,
      check: true,
    })),
  );
  for (const row of rows)
    expect([row.baseline.status, row.optimized.status]).toEqual(["measured", "measured"]);
  const of = (id: string) => rows.find((row) => row.id === `memory.${id}`);
  const [before, after] = [of("objects")?.baseline, of("objects")?.optimized].map((variant) =>
    variant?.status === "measured" ? (variant.counter?.[0] ?? 0) : 0,
  ) as [number, number];
  // An object less for each of 20,000 sessions.
  expect(before - after).toBeGreaterThan(15_000);
  const figures = Object.fromEntries(rows.flatMap((row) => row.figures).map(({ id, value }) => [id, value]));
  expect(figures["memory.pool-reuse"]).toBeGreaterThan(0.68);
  expect(figures["memory.resident-most"]).toBeGreaterThan(20e6);
});
