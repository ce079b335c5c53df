import { peerModule, peerVersion } from "../../peer-module.ts";
import type { OpenRoom, Room } from "../../workload.ts";
import { cachePlace } from "./cache-variants.ts";
import { redisProgram, startOwnRedis } from "./own-redis.ts";
import { fleetWorkloads, readWorkloads } from "./workloads.ts";

/** The area of the cache that several processes share; it needs a Redis server on this machine. */
export const cacheRoom: Room = {
  id: "cache",
  title: "Shared cache",
  about:
    "TieredCache: memory in front, a Redis that several processes share behind it, the source last. The rows ask what a read " +
    "costs by where its value is, and what several nodes do for one another.",
  limits: [
    "Redis runs on this machine: a network between makes every read dearer that goes to the server, and a hit in memory not.",
  ],
  async open(context) {
    const program = redisProgram();
    const client = peerModule("redis");
    const missing = [
      ...(program === undefined
        ? ["redis-server, or valkey-server (Debian: apt-get install redis-server)"]
        : []),
      ...(client === undefined ? ["the package redis (npm install redis)"] : []),
    ];
    if (program === undefined || client === undefined) {
      const place = { port: 0, space: "", urls: {} };
      return {
        workloads: [...readWorkloads(context, place), ...fleetWorkloads(context, place)],
        missing: `install ${missing.join(" and ")}`,
        versions: {},
        close: async () => undefined,
      };
    }
    context.announce("starting a Redis");
    const server = await startOwnRedis(program, context.workDir);
    const place = cachePlace(server.port, client);
    return {
      workloads: [...readWorkloads(context, place), ...fleetWorkloads(context, place)],
      versions: { Redis: server.version, "redis (client)": peerVersion("redis") ?? "" },
      close: () => server.close(),
    } satisfies OpenRoom;
  },
};
