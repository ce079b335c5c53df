import { amount } from "../../quantity.ts";
import type { Counters, Figure, RoomContext, Workload } from "../../workload.ts";
import { armModule } from "./module-url.ts";
import type { ServiceWork } from "./service-arms.ts";

const connections = 16;

/** What pools and an expiring cache do for the memory of a service: resident, collected, counted. */
export function serviceWorkloads(context: RoomContext): Workload[] {
  const resident: Workload = {
    ...workload(context, false),
    id: "memory.resident",
    title: "RSS memory",
    question: "How much memory does the service's process keep resident on average?",
    unit: { shown: "counter", counter: "rssBytes", kind: "bytes", what: "resident memory" },
    reference: { before: "450 MB", after: "315 MB", improvement: "−30 %" },
    figures,
    notes: [
      "Taken every 20 ms, from the first order to the last. In it are some 45 MB that any Node process has.",
      "Most of the gain is the records: memory outside of the heap that is free only once the collector has found it to be.",
    ],
  };
  const collected: Workload = {
    ...workload(context, false),
    id: "memory.gc-time",
    title: "GC time",
    question: "What share of the time does the service's main thread stand still for garbage collection?",
    unit: { shown: "counter", counter: "gcShare", kind: "ratio", what: "GC time" },
    reference: { before: "8.5 %", after: "6.2 %", improvement: "−27 %" },
    notes: ["What V8 does beside the main thread is not in it."],
  };
  const counted: Workload = {
    ...workload(context, true),
    id: "memory.objects",
    title: "Object count",
    question: "How many objects are alive after the last order?",
    unit: { shown: "counter", counter: "objects", kind: "count", what: "objects" },
    reference: { before: "2.1M", after: "1.6M", improvement: "−24 %" },
    notes: [
      "V8 counts them one by one, after a full collection; those of Node itself are among them.",
      "The difference is that a TimedCache needs no object for an entry to say when it ends.",
    ],
  };
  return [resident, collected, counted, saving(context)];
}

/** The same service with pools, of which the collector is told to save memory as well. */
function saving(context: RoomContext): Workload {
  const { optimized, ...rest } = workload(context, false);
  return {
    ...rest,
    id: "memory.aggressive-mode",
    title: "GC tuning, aggressive",
    question: "How much memory does the process keep with pools, where time may be given for it as well?",
    unit: { shown: "counter", counter: "rssBytes", kind: "bytes", what: "resident memory" },
    reference: { before: "450 MB", after: "315 MB", improvement: "−30 %" },
    optimized: {
      ...optimized,
      name: "pooled, aggressive",
      about: "pools, a TimedCache and enableGcTuning({ aggressive: true })",
      args: { ...optimized.args, aggressive: true },
    },
    figures: ({ cpuNs = 0 }, baseline) => [
      {
        id: "memory.aggressive-mode-cpu",
        title: "GC tuning, aggressive: CPU time of an order",
        question: "What does an order cost the service in processor time then?",
        value: cpuNs,
        kind: "duration",
        detail: `${amount("duration", baseline.cpuNs ?? 0)} made anew`,
      },
    ],
    notes: [
      "What of it the pools do alone is the first row of this service.",
      "A program in which much survives, such as a large cache that turns over quickly, may take three times the time.",
    ],
  };
}

function workload({ quick, seed }: RoomContext, countsObjects: boolean) {
  const module = armModule("service-arms");
  const requests = quick ? 10_000 : 50_000;
  const sessions = 20_000;
  const args: ServiceWork = {
    mix: { requests, sessions, seed },
    connections,
    countsObjects,
    aggressive: false,
  };
  const count = (value: number) => value.toLocaleString("en-US");
  return {
    input:
      `${count(requests)} orders as JSON over HTTP, on ${connections} connections, from a process of their own. An order has 20 ` +
      `articles, which go to the cart of one of ${count(sessions)} open sessions, a Map, and to a record of 64 KiB of which the ` +
      "checksum is taken; after three in ten the session ends and another begins.",
    operationsPerRound: 1,
    baseline: {
      name: "made anew",
      about: "buffers and maps made for each use, sessions in a Map with their ends, swept every 10 s",
      module,
      export: "plain",
      args,
    },
    optimized: {
      name: "pooled",
      about: "BufferPool and ObjectPool as in production, which is unchecked; sessions in a TimedCache",
      module,
      export: "pooled",
      args,
    },
  } satisfies Partial<Workload>;
}

function figures(
  { acquired = 0, reused = 0, cpuNs = 0, rssMostBytes = 0 }: Counters,
  baseline: Counters,
): Figure[] {
  const count = (value: number): string => Math.round(value).toLocaleString("en-US");
  return [
    {
      id: "memory.pool-reuse",
      title: "Pool reuse rate",
      question: "How many of the objects that the pools handed out had been used before?",
      value: reused / acquired,
      kind: "ratio",
      detail: `${count(reused)} of ${count(acquired)} buffers and maps, from pools without anything idle on`,
      reference: { before: "N/A", after: "68 %", improvement: "new" },
    },
    {
      id: "memory.service-cpu",
      title: "CPU time of an order",
      question: "What does an order cost the service in processor time?",
      value: cpuNs,
      kind: "duration",
      detail: `${amount("duration", baseline.cpuNs ?? 0)} without pools`,
    },
    {
      id: "memory.resident-most",
      title: "RSS memory at its most",
      question: "How much memory is resident when it is most?",
      value: rssMostBytes,
      kind: "bytes",
      detail: `${amount("bytes", baseline.rssMostBytes ?? 0)} without pools`,
    },
  ];
}
