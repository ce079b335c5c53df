import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type RedisService, startRedis } from "../../services/redis.ts";
import { CuttingProxy } from "../../support/cutting-proxy.ts";
import { type CacheFleetFigures, type FleetFault, RedisFleet } from "../../support/redis-fleet.ts";

const isLong = process.env.VICTOR_LONG !== undefined;
const seeds = isLong ? 5_000 : 75;
/** Fleets side by side, each with a server of its own: they wait most of the time. */
const fleets = isLong ? 4 : 1;

/** What may go wrong; each is over when it resolves. */
function faultsOf(server: RedisService, proxies: readonly CuttingProxy[]): FleetFault[] {
  const losing = (lost: "requests" | "replies") => async (_fleet: RedisFleet, node: number) => {
    const proxy = proxies[node % proxies.length]!;
    proxy.lost = lost;
    await sleep(60);
    // What was lost leaves half a conversation, as no network does that goes on.
    proxy.lost = "nothing";
    proxy.reset();
  };
  return [
    ["requests lost", losing("requests")],
    ["replies lost", losing("replies")],
    ["connections reset", async (_fleet, node) => proxies[node % proxies.length]!.reset()],
    [
      "slow replies",
      async (_fleet, node) => {
        const proxy = proxies[node % proxies.length]!;
        proxy.delayMs = 15;
        await sleep(80);
        proxy.delayMs = 0;
      },
    ],
    ["connections killed", () => server.command("CLIENT", "KILL", "TYPE", "normal")],
    ["server paused", () => server.command("CLIENT", "PAUSE", "30", "ALL")],
    ["writes paused", () => server.command("CLIENT", "PAUSE", "30", "WRITE")],
    ["flushed", () => server.command("FLUSHALL")],
    ["scripts flushed", () => server.command("SCRIPT", "FLUSH")],
    [
      "all evicted",
      async () => {
        await server.command("CONFIG", "SET", "maxmemory", "1");
        await sleep(5);
        await server.command("CONFIG", "SET", "maxmemory", "0");
      },
    ],
    [
      "server stopped",
      async () => {
        await server.kill("SIGSTOP");
        await sleep(50);
        await server.kill("SIGCONT");
      },
    ],
    [
      "node stopped",
      async (fleet, node) => {
        fleet.signal(node, "SIGSTOP");
        await sleep(200);
        fleet.signal(node, "SIGCONT");
      },
    ],
    ["node blocked", (fleet, node) => fleet.block(node, 150)],
    ["node killed", async (fleet, node) => fleet.replace(node)],
  ];
}

test.each([2, 3])(
  "caches of %i processes on Redis never serve what was forgotten before, whatever is killed, cut, paused or evicted meanwhile",
  async (processes) => {
    const all = await Promise.all(
      Array.from({ length: fleets }, (_, fleet) => interleaved(processes, fleet)),
    );
    for (const figures of all) {
      expect(figures.stale).toEqual([]);
      expect(figures.failures).toEqual([]);
      // It would prove nothing if nothing was ever stored, or nothing ever came in between.
      expect(figures.loads).toBeLessThan(figures.hits);
      expect(figures.changes).toBeGreaterThan(seeds / fleets);
      expect(figures.pending).toBeGreaterThan(0);
      expect(Object.keys(figures.faults).length).toBeGreaterThan(10);
    }
  },
  3_600_000,
);

/** What the fleet of this number did with its share of the seeds. */
async function interleaved(processes: number, fleetAt: number): Promise<CacheFleetFigures> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startRedis({ config: ["maxmemory-policy allkeys-random"] }));
  const proxies: CuttingProxy[] = [];
  for (let i = 0; i < processes; i++) proxies.push(stack.use(await CuttingProxy.start(server.port)));
  using fleet = new RedisFleet({
    processes,
    urlOf: (index) => `redis://127.0.0.1:${proxies[index]!.port}`,
    faults: faultsOf(server, proxies),
  });
  for (let seed = 1 + fleetAt; seed <= seeds; seed += fleets) await fleet.interleave(seed);
  const { stale, failures, ...figures } = fleet.figures;
  if (isLong) console.log(figures);
  return fleet.figures;
}
