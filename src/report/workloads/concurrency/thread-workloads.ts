import { availableCpus } from "../../../concurrency/worker-sizing.ts";
import { peerModule, peerVersion } from "../../peer-module.ts";
import type { MissingVariant, RoomContext, Variant, Workload } from "../../workload.ts";
import { armModule } from "./module-url.ts";
import type { ThreadWork } from "./thread-arms.ts";

const length = 32;
const inFlight = 64;

/** What it costs to have short tasks computed by threads: processor time, and switches between threads. */
export function threadWorkloads(context: RoomContext): Workload[] {
  const cpu: Workload = {
    ...workload(context),
    id: "concurrency.thread-cpu",
    title: "Thread CPU",
    question:
      "How much processor time does a task take that threads compute, the way there and back included?",
    unit: { shown: "counter", counter: "cpuNs", kind: "duration", what: "CPU time per task" },
    reference: { before: "85 %", after: "65 %", improvement: "−24 %" },
    notes: [
      "Counted is the time of all threads of the process. What differs is the way; the longer a task computes, the less that " +
        "matters, and from about a millisecond on no difference is shown.",
      "Arguments and results are strings and numbers. Tasks with objects share no message, so with them less is won.",
      "The reference gives the processors' utilization, which is less also where less is done; here the work is the same.",
    ],
  };
  const switches: Workload = {
    ...workload(context),
    id: "concurrency.context-switches",
    title: "Context switches (per 1,000 tasks)",
    question: "How often does the system switch between threads for the same tasks?",
    unit: {
      shown: "counter",
      counter: "switches",
      kind: "count",
      what: "context switches per 1,000 tasks",
    },
    reference: { before: "15K/s", after: "11K/s", improvement: "−27 %" },
    notes: [
      "Voluntary and involuntary ones of the whole process, as process.resourceUsage() counts them. Other load on the machine " +
        "adds involuntary ones.",
      "They are counted per task, for a variant that does more tasks in a second would have more in a second.",
    ],
  };
  // Windows doesn't count them.
  return process.platform === "win32" ? [cpu] : [cpu, switches];
}

function workload({ quick, seed }: RoomContext) {
  const module = armModule("thread-arms");
  const args: ThreadWork = { length, inFlight, seed };
  const threads = availableCpus();
  const tasks = quick ? 2000 : 30_000;
  return {
    input:
      `${tasks.toLocaleString("en-US")} tasks, ${inFlight} of them submitted at any time, for ${threads} ` +
      `${threads === 1 ? "thread" : "threads"}, as many as there are processors. Each computes the edit distance of two ` +
      `strings of ${length} characters. Threads have started and code is warm before anything is counted.`,
    operationsPerRound: tasks,
    baseline: {
      name: "postMessage",
      about:
        "a pool as in Node's documentation: one task with each thread at a time, a message there and one back",
      module,
      export: "portPool",
      args,
    },
    peer: piscinaPackage(module, args),
    optimized: {
      name: "WorkerPool",
      about: "which runInWorker uses; several short tasks share a message",
      module,
      export: "workerPool",
      args,
    },
  } satisfies Partial<Workload>;
}

function piscinaPackage(module: string, args: ThreadWork): Variant | MissingVariant {
  const name = "piscina";
  const about = "the field's usual pool of threads";
  const peerUrl = peerModule(name);
  if (peerUrl === undefined) return { name, about, install: name };
  return {
    name: `${name} ${peerVersion(name)}`,
    about,
    module,
    export: "piscinaPackage",
    args: { ...args, peerUrl },
  };
}
