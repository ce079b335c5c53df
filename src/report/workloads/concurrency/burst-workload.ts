import { peerModule, peerVersion } from "../../peer-module.ts";
import { amount } from "../../quantity.ts";
import type { Counters, Figure, MissingVariant, RoomContext, Variant, Workload } from "../../workload.ts";
import type { BurstWork } from "./burst-arms.ts";
import { armModule } from "./module-url.ts";

const service = { processors: 8, workMs: 10 };
const tasksPerBurst = 64;

/** How long a task takes that is one of a list, all of which is there from the start. */
export function burstWorkload({ quick }: RoomContext): Workload {
  const module = armModule("burst-arms");
  const args: BurstWork = { service, bursts: quick ? 4 : 20, tasksPerBurst };
  return {
    id: "concurrency.task-latency",
    title: "Task latency",
    question: "How long does it take on average until a task of a list is done?",
    input:
      `${args.bursts} lists of ${tasksPerBurst} tasks, one list after the other. Each task asks a service with ` +
      `${service.processors} processors, in a thread of its own, that works on all its requests at once, each for half to one and a ` +
      `half of ${service.workMs} ms of a processor. A task's time begins with its list, so waiting for its turn counts.`,
    unit: { shown: "counter", counter: "latencyNs", kind: "duration", what: "time per task" },
    operationsPerRound: 1,
    baseline: {
      name: "Promise.all",
      about: "over all tasks of the list",
      module,
      export: "allAtOnce",
      args,
    },
    peer: pLimitPackage(module, args),
    optimized: {
      name: "AdaptiveSemaphore",
      about: "run(task) without an option; it finds the limit by itself, from the first task on",
      module,
      export: "adaptiveSemaphore",
      args,
    },
    figures,
    reference: { before: "45 ms", after: "34 ms", improvement: "−24 %" },
    notes: [
      "Requests that run at once make each other slow, so that all are done late; in turn the first are done early. Who needs " +
        "the whole list gains nothing: see the next line.",
      "A service that works on its requests one after the other, in the order in which they come, answers as early either way.",
    ],
  };
}

function figures({ burstNs = 0 }: Counters, baseline: Counters): Figure[] {
  return [
    {
      id: "concurrency.list-time",
      title: "Task latency, of the whole list",
      question: "How long does it take until all tasks of a list are done?",
      value: burstNs,
      kind: "duration",
      detail: `${amount("duration", baseline.burstNs ?? 0)} with Promise.all, which leaves no processor without work`,
    },
  ];
}

function pLimitPackage(module: string, args: BurstWork): Variant | MissingVariant {
  const name = "p-limit";
  const { processors } = args.service;
  const about = `${processors} at once, as the service has processors`;
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
