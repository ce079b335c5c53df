import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Arm } from "../../../measure/arm.ts";
import { MemoryOptimizer } from "../../../memory/optimizer.ts";
import { armModule } from "./module-url.ts";
import type { OrderTask } from "./order-client.ts";
import { type OrderMix, sessionName } from "./order-mix.ts";
import { type OrderService, plainService, pooledService } from "./order-service.ts";

/** What all arms of the memory's rows are told. */
export interface ServiceWork {
  readonly mix: OrderMix;
  readonly connections: number;
  /** Whether the objects are counted at the end, which takes a second for each million. */
  readonly countsObjects: boolean;
  /** Whether the collector saves memory, as `enableGcTuning({ aggressive: true })` has it. */
  readonly aggressive: boolean;
}

export function plain(work: ServiceWork): Promise<Arm> {
  return serviceArm(work, plainService());
}

export function pooled(work: ServiceWork): Promise<Arm> {
  return serviceArm(work, pooledService());
}

/** A service in this process, its client in another. One round makes all the orders. */
async function serviceArm(work: ServiceWork, service: OrderService): Promise<Arm> {
  const { mix, connections } = work;
  const tuning = work.aggressive ? MemoryOptimizer.enableGcTuning({ aggressive: true }) : undefined;
  for (let i = 0; i < mix.sessions; i++) service.open(sessionName(i));
  const server = createServer((request, response) => service.handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = fork(fileURLToPath(armModule("order-client")), { execArgv: [] });
  const optimizer = new MemoryOptimizer();
  let digest = "";
  let counters: Record<string, number> = {};
  return {
    run: async () => {
      const pools = service.counters();
      using profiler = optimizer.enableProfiling({ intervalMs: 20 });
      const before = process.cpuUsage();
      const answered = once(client, "message");
      client.send({ port, mix, connections } satisfies OrderTask);
      [digest] = (await answered) as [string];
      const { user, system } = process.cpuUsage(before);
      const { rssBytes, gc } = profiler.profile();
      counters = {
        rssBytes: rssBytes.mean,
        rssMostBytes: rssBytes.max,
        gcShare: gc.timeShare,
        cpuNs: (1000 * (user + system)) / mix.requests,
        ...Object.fromEntries(
          Object.entries(service.counters()).map(([name, value]) => [name, value - (pools[name] ?? 0)]),
        ),
      };
    },
    answer: () => digest,
    counters: () => ({
      ...counters,
      ...(work.countsObjects && { objects: optimizer.countObjects().objects }),
    }),
    close: () => {
      tuning?.undo();
      optimizer.close();
      service.close();
      client.kill("SIGKILL");
      server.close();
      server.closeAllConnections();
    },
  };
}
