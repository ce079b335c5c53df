import { afterAll, beforeAll, describe, test } from "vitest";
import { MemcachedTier } from "../../../src/cache/memcached/memcached-tier.ts";
import type { SharedTier } from "../../../src/cache/shared-tier.ts";
import { tierContract } from "../../../src/cache/tier-contract.ts";
import { type MemcachedService, startMemcached } from "../../services/memcached.ts";
import { untilConnected } from "../../support/until-connected.ts";

describe.each([1, 3])("on servers: %i", (count) => {
  const services: MemcachedService[] = [];
  let spaces = 0;

  beforeAll(async () => {
    for (let i = 0; i < count; i++) services.push(await startMemcached());
  });
  afterAll(async () => {
    for (const service of services) await service.stop();
  });

  const cases = tierContract({
    open: async () => {
      const options = {
        servers: services.map(({ address }) => address),
        namespace: `contract ${spaces++}`,
        // A busy machine may take its time.
        timeoutMs: 10_000,
      };
      const tiers = [0, 1, 2].map(() => new MemcachedTier(options));
      await untilConnected(tiers);
      return tiers as unknown as [SharedTier, SharedTier, SharedTier];
    },
    evictGenerations: async () => {
      for (const service of services) await service.tell("flush_all");
    },
    restart: async (tiers) => {
      for (const service of services) await service.restart();
      await untilConnected(tiers);
    },
  });
  for (const { name, run } of cases) test(name, run);
});
