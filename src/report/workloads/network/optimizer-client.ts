import type { Arm } from "../../../measure/arm.ts";
import { NetworkOptimizer } from "../../../network/optimizer.ts";
import { type RequestsWork, requestsArm } from "./requests-arm.ts";

/** `NetworkOptimizer`, hedging. */
export function networkOptimizer(work: RequestsWork): Promise<Arm> {
  return requestsArm(work, async () => {
    const http = new NetworkOptimizer({
      timeoutMs: work.deadlineMs,
      hedge: {},
    });
    await http.initialize();
    return {
      async get(url) {
        const response = await http.request("GET", url);
        return { status: response.status, text: await response.text() };
      },
      counters() {
        const { cacheHits, transport } = http.getStats();
        return { cacheHits, sent: transport.requests, poolHits: transport.poolHits };
      },
      close: () => http.close(),
    };
  });
}
