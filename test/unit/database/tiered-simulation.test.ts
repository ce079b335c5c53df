import { afterEach, describe, expect, test, vi } from "vitest";
import { FleetSchema } from "../../../src/database/tier/fleet-schema.ts";
import { SharedWrites } from "../../../src/database/tier/shared-writes.ts";
import { type TieredFaults, type TieredRun, tieredRun } from "../../support/tiered-database-run.ts";

const runs = process.env.VICTOR_LONG ? 100_000 : 150;
/** Within so many runs every way of breaking it below is found. */
const runsToBreak = 2_000;

async function simulate(count: number, faults: TieredFaults) {
  const totals: Record<string, number> = {};
  const stale: string[] = [];
  const wrongErrors: string[] = [];
  for (let seed = 0; seed < count; seed++) {
    const { stale: old, wrongErrors: wrong, ...counts } = await tieredRun(seed, faults);
    for (const [name, value] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + value;
    stale.push(...old.map((each) => `seed ${seed}: ${each}`));
    wrongErrors.push(...wrong.map((each) => `seed ${seed}: ${each}`));
  }
  return { stale, wrongErrors, totals: totals as unknown as Omit<TieredRun, "stale" | "wrongErrors"> };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("Results that a fleet shares, over simulated nodes,", () => {
  const kinds: Record<string, TieredFaults> = {
    "nothing fails": { cuts: false, kills: false },
    "connections to the tier are cut": { cuts: true, kills: false },
    "a node is killed, in the midst of commits too": { cuts: false, kills: true },
    "connections are cut and a node is killed": { cuts: true, kills: true },
  };
  test.each(Object.entries(kinds))(
    "are never stale when %s",
    { timeout: 1_200_000 },
    async (_name, faults) => {
      const { stale, wrongErrors, totals } = await simulate(runs, faults);
      console.log(JSON.stringify({ runs, staleReads: stale.length, ...totals }));
      expect(stale).toEqual([]);
      expect(wrongErrors).toEqual([]);
      expect(totals.hits / totals.reads).toBeGreaterThan(0.03);
      expect(totals.commits).toBeGreaterThan(runs);
    },
  );

  const none: TieredFaults = { cuts: false, kills: false };
  const breakages: Record<string, readonly [TieredFaults, () => void]> = {
    "writes tell nobody": [
      none,
      () => vi.spyOn(SharedWrites.prototype, "begin").mockResolvedValue({ end: () => Promise.resolve() }),
    ],
    "the schema is never asked for": [
      none,
      () => vi.spyOn(FleetSchema.prototype, "isPresent").mockResolvedValue(true),
    ],
  };
  test.each(Object.entries(breakages))(
    "are caught being stale when %s",
    { timeout: 600_000 },
    async (_name, [faults, breakIt]) => {
      breakIt();
      let stale = 0;
      for (let seed = 0; seed < runsToBreak && stale === 0; seed++)
        stale += (await tieredRun(seed, faults)).stale.length;
      expect(stale).toBeGreaterThan(0);
    },
  );
});
