import { expect, test } from "vitest";
import { type MemcachedService, startMemcached } from "../../services/memcached.ts";
import { MemcachedFleet } from "../../support/memcached-fleet.ts";

const seeds = 150;

test.each([
  [2, 1],
  [3, 2],
])(
  "processes (%i) on servers (%i) never read what was forgotten before they asked, in any order that a seed brings about",
  async (processes, count) => {
    await using stack = new AsyncDisposableStack();
    const services: MemcachedService[] = [];
    for (let i = 0; i < count; i++) services.push(stack.use(await startMemcached()));
    using fleet = new MemcachedFleet(processes, {
      servers: services.map(({ address }) => address),
      timeoutMs: 30_000,
    });
    const evict = async (): Promise<void> => {
      for (const service of services) await service.tell("flush_all");
    };
    for (let seed = 1; seed <= seeds; seed++) await fleet.interleave(seed, evict);
    const { stale, ...figures } = fleet.figures;
    expect(stale).toEqual([]);
    // It would prove nothing if nothing was ever stored, or nothing ever came in between.
    expect(figures.hits).toBeGreaterThan(seeds);
    expect(figures.fills).toBeGreaterThan(seeds);
    expect(figures.fills).toBeLessThan(figures.loads);
    expect(figures.changes).toBeGreaterThan(seeds);
    expect(figures.evictions).toBeGreaterThan(0);
  },
  300_000,
);
