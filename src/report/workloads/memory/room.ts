import type { Room } from "../../workload.ts";
import { serviceWorkloads } from "./service-workloads.ts";
import { tuningWorkloads } from "./tuning-workloads.ts";

/** The memory area: pools in a service that takes orders, and what tuning the collector does. */
export const memoryRoom: Room = {
  id: "memory",
  title: "Memory optimization",
  about:
    "Pools of buffers and maps, and a cache whose entries expire, in a service over HTTP; and what " +
    "the tuner advises for the collector, where it can help and where it can't. Every variant does the same.",
  limits: [
    "Pools gain where objects are large and made often. A service whose objects are small and short-lived gains nothing by them.",
  ],
  async open(context) {
    const workloads = [...serviceWorkloads(context), ...(await tuningWorkloads(context))];
    return { workloads, versions: {}, close: async () => undefined };
  },
};
