import { expect, test, vi } from "vitest";
import { MemoryHub } from "../../../src/cache/memory-hub.ts";
import { TieredCache } from "../../../src/cache/tiered-cache.ts";
import { type Clock, systemClock } from "../../../src/clock.ts";

/** @returns what the tier is told of the time when a hit asks it, with the times before and after that hit */
async function toldAtHit(clock: Clock): Promise<{ before: number; told: number | undefined; after: number }> {
  const tier = new MemoryHub().connect();
  await using cache = new TieredCache({ name: "hits", tier, clock, ttlMs: 60_000 });
  await cache.getOrLoad("k", async () => 1);
  const isCurrent = vi.spyOn(tier, "isCurrent");
  const before = systemClock.now();
  await cache.getOrLoad("k", async () => 2);
  return { before, told: isCurrent.mock.lastCall?.[1 as 0] as number | undefined, after: systemClock.now() };
}

test("a hit tells the tier the time that it has read anyway", async () => {
  const { before, told, after } = await toldAtHit(systemClock);
  expect(told).toBeGreaterThanOrEqual(before);
  expect(told).toBeLessThanOrEqual(after);
});

test("a hit by another clock than the system's tells the tier nothing of it", async () => {
  const other: Clock = { ...systemClock, now: () => systemClock.now() + 1e9 };
  expect((await toldAtHit(other)).told).toBeUndefined();
});
