import type { Room, RoomContext, Workload } from "../../workload.ts";
import type { SqlitePlace } from "../database/shop-place.ts";
import { seedSqlite } from "../database/shop-seed.ts";
import { armModule } from "./module-url.ts";
import type { VisitWork } from "./visit-arms.ts";

const originDelayMs = 20;

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
      unit: { shown: "counter", counter: "latencyNs", kind: "duration", what: "time per visit" },
      reference: { before: "0.17 ms", after: "0.06 ms", improvement: "−68 %" },
      notes: [
        "What the optimized service still waits for are pages that the other service doesn't allow to be kept.",
      ],
    },
    {
      ...common,
      id: "service.memory",
      title: "Total memory",
      question: "How much memory does the service's process keep resident on average, at full load?",
      unit: { shown: "counter", counter: "rssBytes", kind: "bytes", what: "resident memory" },
      reference: { before: "575 MB", after: "315 MB", improvement: "−45 %" },
      notes: ["Caches take memory, pools save some; in it are some 45 MB that any Node process has."],
    },
    {
      ...common,
      id: "service.throughput",
      title: "Total throughput",
      question: "How many visits does the service take in a second, at full load?",
      unit: {
        shown: "counter",
        counter: "perSecond",
        kind: "count",
        what: "visits a second",
        better: "more",
      },
      reference: { before: "100 a second", after: "280 a second", improvement: "2.8×" },
    },
  ];
}

function workload({ quick, seed }: RoomContext, place: SqlitePlace) {
  const module = armModule("visit-arms");
  const mix = quick
    ? { warmup: 500, alone: 100, together: 3_000, connections: 32, seed }
    : { warmup: 1_000, alone: 500, together: 20_000, connections: 32, seed };
  const args: VisitWork = { mix, place, originDelayMs };
  const count = (value: number) => value.toLocaleString("en-US");
  return {
    input:
      `${count(mix.warmup)} visits to warm up, ${count(mix.alone)} one after the other, then ${count(mix.together)} on ` +
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
