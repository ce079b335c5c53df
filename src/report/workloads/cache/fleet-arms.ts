import { randomUUID } from "node:crypto";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import type { Arm } from "../../../measure/arm.ts";
import {
  bareClient,
  bentoCache,
  type CachePlace,
  type NodeCache,
  type OpenNode,
  tieredCache,
} from "./node-caches.ts";

/** A change that isn't seen by then counts as seen then, milliseconds. */
const longestSeenMs = 2_000;

/** What the arms of the fleet's rows are told. */
export interface FleetWork {
  readonly place: CachePlace;
  readonly nodes: number;
  /** Of each node, at once. */
  readonly callers: number;
  /** Milliseconds that the source takes. */
  readonly loadMs: number;
  /** How often a cold key is asked for, and how often one is forgotten. */
  readonly times: number;
}

export const bare = (work: FleetWork): Promise<Arm> => fleetArm(work, bareClient);
export const bento = (work: FleetWork): Promise<Arm> => fleetArm(work, bentoCache);
export const tiered = (work: FleetWork): Promise<Arm> => fleetArm(work, tieredCache);

/** One round is all stampedes, all changes while a load is under way, and all changes of what every node has. */
async function fleetArm(work: FleetWork, open: OpenNode): Promise<Arm> {
  const place = { ...work.place, space: `${work.place.space}-${randomUUID()}` };
  const fleet = await Promise.all(Array.from({ length: work.nodes }, () => open(place, true)));
  let counters: Record<string, number> = {};
  let wrong = 0;
  return {
    async run() {
      const stampede = await stampedes(fleet, work);
      const race = await races(fleet, work);
      wrong = stampede.wrong;
      counters = {
        loads: stampede.loads,
        reads: race.reads,
        stale: race.stale,
        seenNs: await seen(fleet, work),
      };
    },
    answer: () => ({ wrong }),
    counters: () => counters,
    close: async () => {
      await Promise.all(fleet.map((node) => node.close()));
    },
  };
}

/** @returns loads of one cold key, on average */
async function stampedes(
  fleet: readonly NodeCache[],
  { callers, loadMs, times }: FleetWork,
): Promise<{ loads: number; wrong: number }> {
  let loads = 0;
  let wrong = 0;
  for (let time = 0; time < times; time++) {
    const load = async (): Promise<string> => {
      loads++;
      await sleep(loadMs);
      return `value ${time}`;
    };
    const calls = fleet.flatMap((node) =>
      Array.from({ length: callers }, () => node.read(`cold:${time}`, load)),
    );
    for (const value of await Promise.all(calls)) if (value !== `value ${time}`) wrong++;
  }
  return { loads: loads / times, wrong };
}

/** A load begins on one node; the source is written, and another node forgets the key; the load ends; all nodes read. */
async function races(
  fleet: readonly NodeCache[],
  { loadMs, times }: FleetWork,
): Promise<{ reads: number; stale: number }> {
  let reads = 0;
  let stale = 0;
  for (let time = 0; time < times; time++) {
    const source = { version: 1 };
    const load = async (): Promise<number> => {
      const { version } = source;
      await sleep(loadMs);
      return version;
    };
    const key = `raced:${time}`;
    const loading = fleet[0]!.read(key, load);
    // Half of the load's time is over when the source is written.
    await sleep(loadMs / 2);
    source.version = 2;
    await fleet.at(-1)!.forget(key);
    await loading;
    for (const node of fleet) {
      reads++;
      if ((await node.read(key, load)) !== 2) stale++;
    }
  }
  return { reads, stale };
}

/** @returns from when a key is forgotten until all nodes have read what the source says by then, nanoseconds, on average */
async function seen(fleet: readonly NodeCache[], { times }: FleetWork): Promise<number> {
  let totalMs = 0;
  for (let time = 0; time < times; time++) {
    const source = { version: 1 };
    const load = async (): Promise<number> => source.version;
    const key = `changed:${time}`;
    for (const node of fleet) await node.read(key, load);
    source.version = 2;
    const startMs = performance.now();
    await fleet.at(-1)!.forget(key);
    for (const node of fleet)
      while ((await node.read(key, load)) !== 2 && performance.now() - startMs < longestSeenMs) await turn();
    totalMs += performance.now() - startMs;
  }
  return (1e6 * totalMs) / times;
}
