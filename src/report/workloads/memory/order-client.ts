/** A child process: makes the orders, so that what this costs is not the service's. */
import { createHash } from "node:crypto";
import { Agent, request } from "node:http";
import { type Order, type OrderMix, ordersOf } from "./order-mix.ts";

/** What the service's process asks for. */
export interface OrderTask {
  readonly port: number;
  readonly mix: OrderMix;
  /** Connections, each with one request at a time. */
  readonly connections: number;
}

process.on("message", async (task: OrderTask) => {
  const replies: string[] = [];
  const orders = ordersOf(task.mix)[Symbol.iterator]();
  const agent = new Agent({ keepAlive: true, maxSockets: task.connections });
  // Orders of one session must not overtake one another: each connection has sessions of its own.
  const queues: (readonly [string, Order])[][] = Array.from({ length: task.connections }, () => []);
  for (const order of { [Symbol.iterator]: () => orders })
    queues[Number(order[0].slice(-3)) % task.connections]?.push(order);
  await Promise.all(
    queues.map(async (queue) => {
      for (const [session, order] of queue)
        replies[order.number] = await placed(agent, task.port, session, order);
    }),
  );
  agent.destroy();
  process.send?.(createHash("sha256").update(replies.join("\n")).digest("hex").slice(0, 16));
});
// A parent that died leaves nothing behind.
process.on("disconnect", () => process.exit());

function placed(agent: Agent, port: number, session: string, order: Order): Promise<string> {
  const body = JSON.stringify(order);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { "content-length": Buffer.byteLength(body), "x-session": session };
  request({ agent, port, host: "127.0.0.1", method: "POST", headers }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
    });
    response.on("end", () => resolve(text));
    response.on("error", reject);
  })
    .on("error", reject)
    .end(body);
  return promise;
}
