import { MemoryHub } from "../../src/cache/memory-hub.ts";
import type { TieredCacheEvent, TieredCacheOptions } from "../../src/cache/tiered/tiered-options.ts";
import { TieredCache } from "../../src/cache/tiered-cache.ts";
import { FakeClock } from "./fake-clock.ts";
import { FaultyTier } from "./faulty-tier.ts";

export interface CacheFleet {
  readonly clock: FakeClock;
  readonly hub: MemoryHub;
  readonly tiers: readonly FaultyTier[];
  readonly caches: readonly TieredCache[];
  readonly events: TieredCacheEvent["type"][];
}

/** Caches of several nodes on one hub, whose time is held still and whose chance is always a half. */
export function cacheFleet(nodes: number, options: Partial<TieredCacheOptions> = {}): CacheFleet {
  const clock = new FakeClock();
  const hub = new MemoryHub({ clock });
  const events: TieredCacheEvent["type"][] = [];
  const onEvent = ({ type }: TieredCacheEvent): void => {
    events.push(type);
  };
  const tiers = Array.from({ length: nodes }, () => new FaultyTier(hub.connect()));
  const caches = tiers.map(
    (tier) =>
      new TieredCache({
        name: "c",
        tier,
        ttlMs: 10_000,
        jitter: 0,
        clock,
        random: () => 0.5,
        onEvent,
        ...options,
      }),
  );
  return { clock, hub, tiers, caches, events };
}
