import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ReportOptions, runReport } from "../../../src/report/index.ts";
import { usePostgres } from "../../services/use-postgres.ts";

const postgres = usePostgres();
let outDir: string;
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), "victor-rows-"));
});
afterEach(async () => {
  await rm(outDir, { recursive: true, force: true });
});

test.each(["sqlite", "postgres"] as const)(
  "all variants of all rows on %s give the same answers, and a peer stands in every row or is named",
  async (engine) => {
    const options: ReportOptions = engine === "sqlite" ? { engine } : { engine, url: postgres().url };
    const { document } = await runReport({
      ...options,
      quick: true,
      outDir,
      formats: ["json"],
      repetitions: { processes: 1, rounds: 1, warmupRounds: 0 },
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
