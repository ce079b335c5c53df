import { describe, test } from "vitest";
import type { SharedTier } from "../../../src/cache/shared-tier.ts";
import { tierContract } from "../../../src/cache/tier-contract.ts";
import { type RedisService, startRedis } from "../../services/redis.ts";
import { useService } from "../../services/use-service.ts";
import { connected, threeTiers } from "../../support/redis-tiers.ts";

async function evictGenerations(server: RedisService): Promise<void> {
  const keys = (await server.command("KEYS", "*")).split("\r\n").filter((line) => /:(n|t:.*)$/.test(line));
  if (keys.length > 0) await server.command("DEL", ...keys);
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
