import type { Room } from "../../workload.ts";
import { serviceWorkloads } from "./service-workloads.ts";

/** The memory area: pools in a service that takes orders, and what tuning the collector does. */
export const memoryRoom: Room = {
  id: "memory",
  title: "Memory optimization",
  about:
    "Pools of buffers and maps, and a cache whose entries expire, in a service over HTTP. Every variant answers the same requests.",
  limits: [
    "Pools gain where objects are large and made often. A service whose objects are small and short-lived gains nothing by them.",
  ],
  async open(context) {
    return { workloads: serviceWorkloads(context), versions: {}, close: async () => undefined };
  },
};
