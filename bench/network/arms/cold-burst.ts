import { type Arm, median } from "../../../src/measure/index.ts";
import { type ClientId, clients } from "./connection-clients.ts";
import type { LocalOrigin } from "./local-origin.ts";

/** Each operation is a burst by a client that has no connection; only the burst itself is in the figures of `counters`. */
export function setup(args: unknown): Arm {
  const { id, origin, burst } = args as {
    readonly id: ClientId;
    readonly origin: LocalOrigin;
    readonly burst: number;
  };
  const bursts: { ms: number; cpuMs: number; connections: number }[] = [];
  const cut = async () => Number(await (await fetch(`${origin.control}/connections`)).text());
  let bytes = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        await cut();
        const cpu = process.cpuUsage();
        const startedAt = performance.now();
        const client = clients[id](origin.secure);
        const all = await Promise.all(Array.from({ length: burst }, client.get));
        const ms = performance.now() - startedAt;
        const { user, system } = process.cpuUsage(cpu);
        bytes = all.reduce((sum, one) => sum + one, 0);
        await client.close();
        bursts.push({ ms, cpuMs: (user + system) / 1_000, connections: await cut() });
      }
    },
    answer: () => bytes,
    counters: () => {
      // The first loads and compiles.
      const warm = bursts.slice(1);
      return {
        ms: median(warm.map(({ ms }) => ms)),
        cpuMs: median(warm.map(({ cpuMs }) => cpuMs)),
        connections: Math.max(...warm.map(({ connections }) => connections)),
      };
    },
  };
}
