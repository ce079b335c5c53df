import { peerModule, peerVersion } from "../../peer-module.ts";
import { amount } from "../../quantity.ts";
import type { Counters, Figure, MissingVariant, RoomContext, Variant, Workload } from "../../workload.ts";
import { armModule } from "./module-url.ts";
import type { OverloadWork } from "./overload-arms.ts";
import { capacity, type Service } from "./service.ts";

const service: Service = { processors: 8, workMs: 10 };
const overload = 2;
const objectiveMs = 100;

/** Tasks done in time for callers who ask twice as much as there is. */
export function overloadWorkload({ quick, seed }: RoomContext): Workload {
  const module = armModule("overload-arms");
  const args: OverloadWork = { service, overload, objectiveMs, runMs: quick ? 500 : 4000, seed };
  return {
    id: "concurrency.held-tasks",
    title: "Concurrent tasks (in time, per second)",
    question: `How many tasks are done within ${objectiveMs} ms by a service that is asked twice as much as it can do?`,
    input:
      `A service with ${service.processors} processors, in a thread of its own, that works on all its requests at once, each for ` +
      `${service.workMs} ms of a processor on average: ${capacity(service)} a second. ${overload * capacity(service)} tasks a ` +
      `second come at random times, for ${args.runMs / 1000} s. A task that has no answer ${objectiveMs} ms after it came is given ` +
      "up, of which the service doesn't learn. Counted is what is answered before the last task comes.",
    unit: {
      shown: "counter",
      counter: "heldPerSecond",
      kind: "count",
      what: "tasks in time per second",
      better: "more",
    },
    operationsPerRound: 1,
    baseline: {
      name: "all at once",
      about: "each task is sent when it comes, as Promise.all(tasks.map(run)) does",
      module,
      export: "allAtOnce",
      args,
    },
    peer: pLimitPackage(module, args),
    optimized: {
      name: "AdaptiveSemaphore",
      about:
        "without an option, each task with its deadline; it finds the limit by itself, from the first task on",
      module,
      export: "adaptiveSemaphore",
      args,
    },
    figures,
    reference: { before: "100", after: "140", improvement: "+40 %" },
    notes: [
      "What the baseline holds are the first tasks, before its backlog has grown; the longer the overload lasts, the fewer they " +
        "are a second.",
      "The peer is told how many processors there are, and to turn away who finds as many waiting; with its own queue alone, " +
        "which has no bound, nearly every task is sent too late. Where the number is unknown, or changes, it can't be told.",
      "A service that isn't asked more than it can do gains nothing here.",
    ],
  };
}

function figures({ held = 0, offered = 0 }: Counters): Figure[] {
  return [
    {
      id: "concurrency.held-share",
      title: "Concurrent tasks, of those that came",
      question: `Which share of the tasks is done in time, where ${amount("ratio", 1 / overload)} could be?`,
      value: held / offered,
      kind: "ratio",
      detail: `${amount("count", held)} of ${amount("count", offered)} tasks`,
    },
  ];
}

function pLimitPackage(module: string, args: OverloadWork): Variant | MissingVariant {
  const name = "p-limit";
  const { processors } = args.service;
  const about = `${processors} at once, as the service has processors; who finds ${processors} waiting is turned away`;
  const peerUrl = peerModule(name);
  if (peerUrl === undefined) return { name, about, install: name };
  return {
    name: `${name} ${peerVersion(name)}`,
    about,
    module,
    export: "pLimitPackage",
    args: { ...args, peerUrl, concurrency: processors },
  };
}
