import { amount } from "../../quantity.ts";
import type { Room, RoomContext, Workload } from "../../workload.ts";
import type { SqlitePlace } from "../database/shop-place.ts";
import { seedSqlite } from "../database/shop-seed.ts";
import { armModule } from "./module-url.ts";
import type { VisitWork } from "./visit-arms.ts";

const originDelayMs = 20;
const unit = { shown: "counter", rounds: "all" } as const;

/** One small service with everything off and with everything on. */
export const serviceRoom: Room = {
  id: "service",
  title: "A service, everything off and everything on",
  about:
    "An assistant in a shop, over HTTP: the same visits to the same service, once as it is mostly written, and once with the " +
    "five optimizers at their defaults.",
  limits: [
    "The service is our own. What your program gains depends on how much of it waits for what could have been kept; " +
      "`victor compare` measures that.",
    "All of it shares this machine: the visitors and the other service take processor time too.",
  ],
  async open(context) {
    context.announce("filling a shop for the service");
    const place = seedSqlite(context.workDir, context.seed);
    return { workloads: workloads(context, place), versions: {}, close: async () => undefined };
  },
};

function workloads(context: RoomContext, place: SqlitePlace): Workload[] {
  const common = workload(context, place);
  return [
    {
      ...common,
      id: "service.latency",
      title: "Total latency",
      question: "How long does a visit take on average that has the service to itself?",
      unit: { ...unit, counter: "latencyNs", kind: "duration", what: "time per visit" },
      reference: { before: "0.17 ms", after: "0.06 ms", improvement: "−68 %" },
      figures: ({ medianLatencyNs = 0 }, baseline) => [
        {
          id: "service.latency-median",
          title: "Total latency, median",
          question: "How long does half of the visits take at most?",
          value: medianLatencyNs,
          kind: "duration",
          detail: `${amount("duration", baseline.medianLatencyNs ?? 0)} with everything off`,
        },
      ],
      notes: [
        "The reference's ratio is of choosing tools alone, which is a row of the tools. A visit can't reach it on average: a third of the " +
          "pages may not be answered from memory, and whoever wants one of them waits 20 ms. The median visit doesn't wait.",
      ],
    },
    {
      ...common,
      id: "service.memory",
      title: "Total memory",
      question: "How much memory does the service's process keep resident on average, at full load?",
      unit: { ...unit, counter: "rssBytes", kind: "bytes", what: "resident memory" },
      reference: { before: "575 MB", after: "315 MB", improvement: "−45 %" },
      notes: [
        "Caches take memory, pools save some. What both variants have alike, Node itself and V8's young generation, is most of it, so " +
          "that the reference's ratio is out of reach.",
      ],
    },
    {
      ...common,
      id: "service.throughput",
      title: "Total throughput",
      question: "How many visits does the service take in a second, at full load?",
      unit: { ...unit, counter: "perSecond", kind: "count", what: "visits a second", better: "more" },
      reference: { before: "100 a second", after: "280 a second", improvement: "2.8×" },
      figures: ({ cpuNs = 0 }, baseline) => [
        {
          id: "service.cpu",
          title: "CPU time of a visit",
          question: "What does a visit cost the service in processor time, at full load?",
          value: cpuNs,
          kind: "duration",
          detail: `${amount("duration", baseline.cpuNs ?? 0)} with everything off`,
        },
      ],
    },
  ];
}

function workload({ quick, seed, repetitions }: RoomContext, place: SqlitePlace) {
  const module = armModule("visit-arms");
  const mix = {
    ...{ warmup: 400, alone: 25, together: quick ? 300 : 800, connections: 32, seed },
    ...{ warmupRounds: repetitions.warmupRounds, rounds: repetitions.rounds },
  };
  const args: VisitWork = { mix, place, originDelayMs };
  const count = (value: number) => value.toLocaleString("en-US");
  return {
    input:
      `${count(mix.warmupRounds * mix.warmup)} visits to warm up, then in each round ${mix.alone} one after the other and ${mix.together} on ` +
      `${mix.connections} connections, from a process of their own. A visit reads a product and the best rated of a category from ` +
      "the shop of the database's rows on SQLite; a page, one of 1,000, from a service 20 ms away that allows three of four to be " +
      "kept or validated; chooses 5 of 120 tools for a query, one of 211; counts the user's visits; and fills a record of 64 KiB. " +
      "One in twenty writes its user's row. All by Zipf's law, as in the rows of the database and the network.",
    operationsPerRound: 1,
    baseline: {
      name: "everything off",
      about:
        "node:sqlite with prepared statements, fetch, tools ranked each time, a new buffer each, a Map of users",
      module,
      export: "off",
      args,
    },
    optimized: {
      name: "everything on",
      about:
        "DatabaseOptimizer, NetworkOptimizer, ToolSelector, a BufferPool and a TimedCache, at their defaults",
      module,
      export: "on",
      args,
    },
  } satisfies Partial<Workload>;
}
