import type { Room } from "../../workload.ts";
import { burstWorkload } from "./burst-workload.ts";
import { overloadWorkload } from "./overload-workload.ts";
import { threadWorkloads } from "./thread-workloads.ts";

/** The concurrency area: tasks held in time and their latency, and what it costs to have threads compute. */
export const concurrencyRoom: Room = {
  id: "concurrency",
  title: "Concurrency optimization",
  about:
    "A limit on what runs at once that finds itself, before a service of limited capacity, and a pool of threads for short " +
    "computations. Every variant does the same tasks.",
  limits: [
    "The service of the concurrency rows is a thread that answers after a time; it shares the machine with its caller, and a " +
      "machine without a processor to spare costs every variant answers.",
  ],
  async open(context) {
    return {
      workloads: [overloadWorkload(context), burstWorkload(context), ...threadWorkloads(context)],
      versions: {},
      close: async () => undefined,
    };
  },
};
