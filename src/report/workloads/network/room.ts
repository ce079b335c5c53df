import type { Room } from "../../workload.ts";
import { latencyWorkload } from "./latency-workload.ts";
import { successWorkload } from "./success-workload.ts";
import { throughputWorkload } from "./throughput-workload.ts";

/** The network area: latency with cache and pool, throughput without a cache, and success at an unreliable origin. */
export const networkRoom: Room = {
  id: "network",
  title: "Network optimization",
  about:
    "NetworkOptimizer: few connections that many requests share, a cache by RFC 9111, retries under a budget. " +
    "Every variant makes the same requests to an origin of its own.",
  limits: [
    "The origin shares the machine with its client, over a network that loses nothing and takes no time: its distance is the " +
      "20 ms that it waits.",
    "An origin far away makes connections dearer than here, since TLS takes round trips that here take no time.",
  ],
  async open(context) {
    return {
      workloads: [latencyWorkload(context), throughputWorkload(context), successWorkload(context)],
      versions: {},
      close: async () => undefined,
    };
  },
};
