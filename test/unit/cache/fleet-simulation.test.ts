import { describe, expect, test } from "vitest";
import type { SharedTier } from "../../../src/cache/shared-tier.ts";
import { type FleetRunOptions, type FleetRunResult, runFleet } from "../../support/cache-fleet-run.ts";
import { storeValue } from "../../support/store-value.ts";

const adversaries = ["uniform", "priority", "latest"] as const;

async function runs(count: number, options: Partial<FleetRunOptions> = {}): Promise<FleetRunResult> {
  const sum = { stale: [] as string[], reads: 0, loads: 0, failures: [] as unknown[] };
  for (let seed = 0; seed < count; seed++) {
    const run = await runFleet({
      seed,
      adversary: adversaries[seed % 3]!,
      nodes: 2 + (seed % 2),
      faults: seed % 4 >= 2,
      ...options,
    });
    sum.stale.push(...run.stale);
    sum.failures.push(...run.failures);
    sum.reads += run.reads;
    sum.loads += run.loads;
  }
  return sum;
}

const isLong = process.env.VICTOR_LONG !== undefined;

test(`in ${isLong ? "100,000" : "10,000"} interleavings over two and three nodes nothing is served that was forgotten before`, async () => {
  const { stale, failures, reads, loads } = await runs(isLong ? 100_000 : 10_000);
  expect(failures).toEqual([]);
  expect(stale).toEqual([]);
  // It wouldn't be a cache if it loaded each time.
  expect(loads).toBeLessThan(reads * 0.75);
}, 3_600_000);

/** The tier, but for some methods. */
const instead = (methods: (tier: SharedTier) => Partial<SharedTier>) => (tier: SharedTier) =>
  new Proxy(tier, {
    get(target, name) {
      const own: unknown = Reflect.get(methods(target), name) ?? Reflect.get(target, name);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });

describe("the simulation finds out when a tier", () => {
  const sabotages: readonly (readonly [name: string, sabotage: (tier: SharedTier) => SharedTier])[] = [
    ["vouches for what was forgotten", instead(() => ({ isCurrent: () => true }))],
    [
      "stores what was loaded before something was forgotten",
      instead((tier) => ({ fill: ({ key }, bytes, ttlMs) => storeValue(tier, key, bytes, [], ttlMs) })),
    ],
    ["takes no notice of tokens", instead(() => ({ catchUp: async () => undefined }))],
    ["forgets nothing by tag", instead(() => ({ deleteByTag: async () => undefined }))],
  ];
  for (const [name, sabotage] of sabotages)
    test(name, async () => {
      expect((await runs(600, { sabotage })).stale).not.toEqual([]);
    }, 600_000);
});
