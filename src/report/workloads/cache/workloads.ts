import { amount } from "../../quantity.ts";
import type { Counters, Figure, RoomContext, Workload } from "../../workload.ts";
import { cacheVariants } from "./cache-variants.ts";
import type { FleetWork } from "./fleet-arms.ts";
import { armModule } from "./module-url.ts";
import type { CachePlace } from "./node-caches.ts";
import type { ReadWork } from "./read-arms.ts";

const read = { operation: "read", item: "read", itemsPerOperation: 1, shown: "time" } as const;

/** Where a read finds its value: in memory, on the server, nowhere. */
export function readWorkloads({ quick }: RoomContext, place: CachePlace): Workload[] {
  const row = "a row of five fields, about 100 bytes as JSON";
  const work = { place, keys: 1_000, loadMs: 0 };
  const [memory, server, source]: [ReadWork, ReadWork, ReadWork] = [
    { ...work, found: "memory" },
    { ...work, found: "server" },
    { ...work, found: "source", loadMs: 2 },
  ];
  const serverAlone = ", with no room for it in memory";
  return [
    {
      id: "cache.memory-hit",
      title: "Cached read, in memory",
      question: "How long does a read take whose value this process has in memory, with Redis behind it?",
      input: `1,000 keys in turn, each ${row}; one read after the other. The client alone asks the server each time.`,
      unit: read,
      operationsPerRound: quick ? 2_000 : 5_000,
      ...cacheVariants("read-arms", memory),
    },
    {
      id: "cache.shared-hit",
      title: "Cached read, on the server",
      question: "How long does a read take whose value another process has stored?",
      input: `1,000 keys in turn, each ${row}; one read after the other, Redis on this machine.`,
      unit: read,
      operationsPerRound: quick ? 200 : 500,
      ...cacheVariants("read-arms", server, serverAlone),
      notes: [
        "The round trip to the server is nearly all of it; the less the two differ, the less the cache adds.",
      ],
    },
    {
      id: "cache.miss",
      title: "Read that no cache has",
      question: "How long does a read take that has to go to the source, which takes 2 ms?",
      input: `A new key each time, ${row}; one read after the other.`,
      unit: read,
      operationsPerRound: quick ? 20 : 50,
      ...cacheVariants("read-arms", source),
      baseline: {
        name: "no cache",
        about: "just the source",
        module: armModule("read-arms"),
        export: "none",
        args: source,
      },
      notes: [
        "What a cache adds here is what a miss costs: asking the server, and the right to be the only one that loads. " +
          "Storing goes on after the answer.",
      ],
    },
  ];
}

/** What several nodes do for one another: load once, and see what one of them forgets. */
export function fleetWorkloads({ quick }: RoomContext, place: CachePlace): Workload[] {
  const work: FleetWork = { place, nodes: 4, callers: 50, loadMs: 20, times: quick ? 5 : 20 };
  const fleet = `${work.nodes} caches in one process, each with connections of its own to one Redis.`;
  const common = { operationsPerRound: 1, ...cacheVariants("fleet-arms", work) };
  return [
    {
      ...common,
      id: "cache.stampede",
      title: "Loads of a cold key",
      question: "How often is a key loaded that all nodes ask for at the same time?",
      input:
        `${fleet} ${work.callers} callers on each ask for a key that nobody has; a load takes ${work.loadMs} ms; ` +
        `${work.times} such keys.`,
      unit: { shown: "counter", counter: "loads", kind: "count", what: "loads of a key" },
      figures: staleReads,
    },
    {
      ...common,
      id: "cache.visible",
      title: "Change seen by all nodes",
      question: "How long after a key is forgotten have all nodes read what the source says now?",
      input: `${fleet} All have the key in memory; one forgets it, and the others read until they see it; ${work.times} keys.`,
      unit: { shown: "counter", counter: "seenNs", kind: "duration", what: "time until all nodes see it" },
      notes: [
        "The client alone keeps nothing in memory, so that there is nothing to be told; it pays for that with a round trip for " +
          "every read.",
      ],
    },
  ];
}

function staleReads({ stale = 0, reads = 0 }: Counters, baseline: Counters): Figure[] {
  const of = (counters: Counters): string =>
    `${amount("count", counters.stale ?? 0)} of ${amount("count", counters.reads ?? 0)}`;
  return [
    {
      id: "cache.stale-reads",
      title: "Stale reads after a change during a load",
      question:
        "How many reads are stale after the source was written and the key forgotten while it was being loaded?",
      value: stale / reads,
      kind: "ratio",
      detail: `${of({ stale, reads })} reads, ${of(baseline)} with the client alone`,
    },
  ];
}
