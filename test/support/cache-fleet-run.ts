import { MemoryHub } from "../../src/cache/memory-hub.ts";
import type { SharedTier } from "../../src/cache/shared-tier.ts";
import { TieredCache } from "../../src/cache/tiered-cache.ts";
import { FaultyTier } from "./faulty-tier.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { type Adversary, VirtualScheduler } from "./virtual-scheduler.ts";

export interface FleetRunOptions {
  readonly seed: number;
  readonly adversary: Adversary;
  readonly nodes: number;
  /** Are connections cut, servers restarted, nodes killed? */
  readonly faults: boolean;
  /** Breaks the tier on purpose. */
  readonly sabotage?: ((tier: SharedTier) => SharedTier) | undefined;
}

export interface FleetRunResult {
  /** What was served though it had been forgotten. */
  readonly stale: readonly string[];
  readonly reads: number;
  readonly loads: number;
  readonly failures: readonly unknown[];
}

interface Node {
  cache: TieredCache<{ version: number }>;
  tier: FaultyTier;
  isDown: boolean;
  /** By key: what this node has been told, by itself or by messages, to be the oldest that it may serve. */
  floor: Map<string, number>;
}

const keys = ["a", "b", "c"] as const;
/** `a` and `b` share a tag. */
const tagsOf = (key: string): string[] => (key === "c" ? ["t2"] : ["t1"]);
const mostEvents = 20_000;

/**
 * A fleet over one source, whose steps an adversary orders. Writers change the source, then forget; readers must never see
 * what was changed before something that they know of was forgotten.
 */
export async function runFleet({
  seed,
  adversary,
  nodes: count,
  faults,
  sabotage,
}: FleetRunOptions): Promise<FleetRunResult> {
  const scheduler = new VirtualScheduler(seed, adversary);
  const { random } = scheduler;
  const clock = new VirtualClock(scheduler, 5);
  const hub = new MemoryHub({ clock, maxKeys: faults && random.chance(0.3) ? 4 : 1000 });
  const source = new Map<string, number>(keys.map((key) => [key, 0]));
  const stale: string[] = [];
  const failures: unknown[] = [];
  let reads = 0;
  let loads = 0;
  /** By key: forgotten everywhere, as whoever did it was told. */
  const fleetFloor = new Map<string, number>();
  /** Tokens with what was forgotten before each. */
  const tokens: { token: string; floor: Map<string, number> }[] = [];

  const connect = (node: Pick<Node, "isDown">): Pick<Node, "cache" | "tier"> => {
    const tier = new FaultyTier(hub.connect(), () => scheduler.step());
    const cache = new TieredCache<{ version: number }>({
      name: "fleet",
      tier: sabotage?.(tier) ?? tier,
      ttlMs: random.chance(0.5) ? Number.POSITIVE_INFINITY : 300,
      staleMs: 200,
      staleIfErrorMs: 200,
      degradedTtlMs: 100,
      leaseMs: 400,
      maxWaitMs: 1_000,
      tierTimeoutMs: 150,
      maxPending: 2,
      clock,
      random: () => random.next(),
      onEvent: ({ type }) => {
        if (type === "tier-down") node.isDown = true;
        if (type === "tier-up") node.isDown = false;
      },
    });
    return { cache, tier };
  };
  const nodes: Node[] = Array.from({ length: count }, () => {
    const node = { isDown: false, floor: new Map() };
    return Object.assign(node, connect(node)) as Node;
  });

  const raise = (floor: Map<string, number>, by: ReadonlyMap<string, number>): void => {
    for (const [key, version] of by) floor.set(key, Math.max(version, floor.get(key) ?? 0));
  };
  const deliver = (node: Node): void => {
    if (!node.tier.isConnected) return;
    node.tier.deliver();
    raise(node.floor, fleetFloor);
  };

  const read = async (node: Node, key: string): Promise<void> => {
    reads++;
    const { cache } = node;
    const known = random.chance(0.3) ? tokens.at(-1 - random.below(Math.min(2, tokens.length))) : undefined;
    // What a node was told counts while it can be told; what it forgot itself, and what a token tells, always.
    const floor = new Map(node.isDown || !node.tier.isConnected ? [] : node.floor);
    raise(floor, ownFloors.get(cache)!);
    if (known !== undefined) raise(floor, known.floor);
    const load = async (): Promise<{ version: number }> => {
      loads++;
      await scheduler.step();
      const version = source.get(key)!;
      await scheduler.step();
      if (random.chance(0.05)) throw new Error("source");
      return { version };
    };
    try {
      const { version } = await cache.getOrLoad(key, load, {
        tags: tagsOf(key),
        ...(known !== undefined && { after: known.token }),
      });
      const least = floor.get(key) ?? 0;
      if (version < least) stale.push(`seed ${seed}: ${key} is ${version}, forgotten before ${least}`);
    } catch (error) {
      const isExpected = error instanceof Error && error.message === "source";
      // Of a process that was killed, nobody hears.
      if (!isExpected && node.cache === cache) failures.push(error);
    }
  };

  const ownFloors = new Map<unknown, Map<string, number>>(nodes.map(({ cache }) => [cache, new Map()]));
  const write = async (node: Node): Promise<void> => {
    const key = random.pick(keys);
    const before = new Map<string, number>();
    const version = source.get(key)! + 1;
    source.set(key, version);
    await scheduler.step();
    const { cache } = node;
    before.set(key, version);
    const kind = random.below(4);
    const change =
      kind === 0
        ? cache.delete(key)
        : kind === 1
          ? cache.deleteByTag(tagsOf(key))
          : kind === 2
            ? cache.clear()
            : cache.set(key, { version }, { tags: tagsOf(key) });
    const reach = await change;
    if (node.cache !== cache) return;
    raise(ownFloors.get(cache)!, before);
    if (reach === "pending") return;
    raise(fleetFloor, before);
    tokens.push({ token: cache.token(), floor: before });
  };

  const reader = async (node: Node): Promise<void> => {
    for (let i = 0; i < 4; i++) {
      await Promise.all([read(node, random.pick(keys)), random.chance(0.4) && read(node, random.pick(keys))]);
      if (random.chance(0.5)) deliver(node);
      await scheduler.step();
    }
  };
  const writer = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      await scheduler.step();
      await write(random.pick(nodes));
    }
  };
  const breaker = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await scheduler.step();
      const node = random.pick(nodes);
      const kind = random.below(3);
      if (kind === 0) {
        node.tier.cut();
        for (let wait = random.below(30); wait > 0; wait--) await scheduler.step();
        node.tier.heal();
      } else if (kind === 1) hub.forgetAll();
      else {
        const former = node.cache;
        node.tier.cut();
        Object.assign(node, connect(node), { isDown: false, floor: new Map() });
        ownFloors.set(node.cache, new Map());
        void former.close();
      }
    }
  };
  const work = Promise.all([
    ...nodes.flatMap((node) => [reader(node), reader(node)]),
    writer(),
    faults && breaker(),
  ]);
  work.catch((error) => failures.push(error));
  await scheduler.run(mostEvents);
  await Promise.all(nodes.map(({ cache }) => cache.close()));
  return { stale, reads, loads, failures };
}
