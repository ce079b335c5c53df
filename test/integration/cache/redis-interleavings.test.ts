import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type RedisService, startRedis } from "../../services/redis.ts";
import { CuttingProxy } from "../../support/cutting-proxy.ts";
import {
  type CacheFleetFigures,
  type FleetFault,
  newFigures,
  RedisFleet,
} from "../../support/redis-fleet.ts";

const isLong = process.env.VICTOR_LONG !== undefined;
const seeds = isLong ? 5_000 : 75;
/** Fleets side by side, each with a server of its own: they wait most of the time. */
const fleets = isLong ? 8 : 2;
/** Of the long form, so that a run that didn't end tells something too. */
const seedsBetweenFigures = 250;

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
    using codeCache = codeCacheFolder();
    const figures = newFigures();
    const order = seedsInOrder();
    await Promise.all(
      Array.from({ length: fleets }, () => interleave(processes, codeCache.folder, order, figures)),
    );
    expect(figures.stale).toEqual([]);
    expect(figures.failures).toEqual([]);
    // It would prove nothing if nothing was ever stored, or nothing ever came in between.
    expect(figures.loads).toBeLessThan(figures.hits);
    expect(figures.changes).toBeGreaterThan(seeds);
    expect(figures.pending).toBeGreaterThan(0);
    expect(Object.keys(figures.faults).length).toBeGreaterThan(10);
  },
  7_200_000,
);

/** Where the nodes keep what they compiled: a node is killed in every eighth seed, and starting another costs most of the time. */
function codeCacheFolder(): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "victor-code-cache-"));
  return {
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

function* seedsInOrder(): Generator<number, void, void> {
  for (let seed = 1; seed <= seeds; seed++) yield seed;
}

/** One fleet, as long as there are seeds that no other took. */
async function interleave(
  processes: number,
  codeCache: string,
  order: Iterator<number, void>,
  figures: CacheFleetFigures,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startRedis({ config: ["maxmemory-policy allkeys-random"] }));
  const proxies: CuttingProxy[] = [];
  for (let i = 0; i < processes; i++) proxies.push(stack.use(await CuttingProxy.start(server.port)));
  using fleet = new RedisFleet({
    processes,
    urlOf: (index) => `redis://127.0.0.1:${proxies[index]!.port}`,
    faults: faultsOf(server, proxies),
    figures,
    codeCache,
  });
  for (let next = order.next(); !next.done; next = order.next()) {
    await fleet.interleave(next.value);
    if (isLong && next.value % seedsBetweenFigures === 0)
      console.log(`${processes} processes, ${next.value} seeds`, figures);
  }
}
