import { describe, test } from "vitest";
import type { SharedTier } from "../../../src/cache/shared-tier.ts";
import { tierContract } from "../../../src/cache/tier-contract.ts";
import { type RedisService, startRedis } from "../../services/redis.ts";
import { startRedisCluster } from "../../services/redis-cluster.ts";
import { startRedisSentinel } from "../../services/redis-sentinel.ts";
import { useService } from "../../services/use-service.ts";
import { startValkey } from "../../services/valkey.ts";
import { connected, threeTiers } from "../../support/redis-tiers.ts";

async function evictGenerations(server: RedisService): Promise<void> {
  const keys = (await server.command("KEYS", "*")).split("\r\n").filter((line) => /:(n|t:.*)$/.test(line));
  for (const key of keys) await server.command("DEL", key);
}

async function restart(server: RedisService, tiers: readonly SharedTier[]): Promise<void> {
  await server.restart();
  await connected(tiers);
}

describe("Redis", () => {
  const server = useService(() => startRedis());
  const contract = tierContract({
    open: () => threeTiers({ url: server().url }),
    evictGenerations: () => evictGenerations(server()),
    restart: (tiers) => restart(server(), tiers),
  });
  for (const { name, run } of contract) test(name, run);
});

describe("Valkey", () => {
  const server = useService(() => startValkey());
  const contract = tierContract({
    open: () => threeTiers({ url: server().url }),
    evictGenerations: () => evictGenerations(server()),
    restart: (tiers) => restart(server(), tiers),
  });
  for (const { name, run } of contract) test(name, run);
});

describe("a cluster of three", () => {
  const cluster = useService(() => startRedisCluster());
  const contract = tierContract({
    open: () => threeTiers({ cluster: { nodes: cluster().urls } }),
    evictGenerations: async () => {
      for (const master of cluster().masters) await evictGenerations(master);
    },
  });
  for (const { name, run } of contract) test(name, run);
});

describe("a master behind Sentinel", () => {
  const service = useService(() => startRedisSentinel());
  const contract = tierContract({
    open: () => threeTiers({ sentinel: { name: service().masterName, nodes: service().urls } }),
    evictGenerations: () => evictGenerations(service().master),
  });
  for (const { name, run } of contract) test(name, run);
});

describe("Redis, for a user who may neither ask for tracking nor for what the server is", () => {
  const server = useService(() =>
    startRedis({
      config: [
        "user default off",
        "user worker on >pass ~* &* +@all -client|tracking -info -time -debug",
      ].concat("user admin on nopass ~* &* +@all"),
    }),
  );
  const contract = tierContract({
    open: () => threeTiers({ url: server().url.replace("//", "//worker:pass@") }),
  });
  for (const { name, run } of contract) test(name, run);
});
