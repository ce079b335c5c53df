import { NetworkOptimizer } from "../../src/network/optimizer.ts";

/** A process with an optimizer of its own, which does what it is told over IPC: `[id, method, url, headers]`. `missed` asks how often it went without its server. */
const optimizer = new NetworkOptimizer({ tier: { url: process.argv[2]! } });
const isUsable = (): boolean => optimizer.getStats().cache?.tier?.isUsable === true;

type Order = readonly [
  id: number,
  method: "GET" | "POST" | "ready" | "missed",
  url: string,
  headers: Record<string, string>,
];

process.on("message", async ([id, method, url, headers]: Order) => {
  try {
    if (method === "ready") {
      while (!isUsable()) await new Promise((resolve) => setTimeout(resolve, 5));
      process.send!([id, "ready"]);
      return;
    }
    if (method === "missed") {
      const { failures = 0, refusals = 0 } = optimizer.getStats().cache?.tier ?? {};
      process.send!([id, String(failures + refusals)]);
      return;
    }
    const response = await optimizer.request(method, url, { headers });
    process.send!([id, await response.text(), optimizer.getStats().cache?.tier]);
  } catch (error) {
    process.send!([id, `failed: ${(error as Error).message}`]);
  }
});
process.on("disconnect", () => void optimizer.close());
