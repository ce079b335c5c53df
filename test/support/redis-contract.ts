import { test } from "vitest";
import type { RedisTierOptions } from "../../src/cache/redis/options.ts";
import { tierContract } from "../../src/cache/tier-contract.ts";
import type { RedisService } from "../services/redis.ts";
import { connected, threeTiers } from "./redis-tiers.ts";

/**
 * Tests the contract of tiers, with generations evicted by hand.
 * @param options where the tiers connect to; asked inside tests @param masters that hold the keys
 * @param canRestart whether a server alone may be restarted for it
 */
export function testRedisContract(
  options: () => RedisTierOptions,
  masters: () => readonly RedisService[],
  canRestart = false,
): void {
  const contract = tierContract({
    open: () => threeTiers(options()),
    evictGenerations: async () => {
      for (const master of masters()) await evictGenerations(master);
    },
    ...(canRestart && {
      restart: async (tiers) => {
        for (const master of masters()) await master.restart();
        await connected(tiers);
      },
    }),
  });
  for (const { name, run } of contract) test(name, run);
}

async function evictGenerations(server: RedisService): Promise<void> {
  const keys = (await server.command("KEYS", "*")).split("\r\n").filter((line) => /:(n|t:.*)$/.test(line));
  for (const key of keys)
    await server.command("DEL", key).catch((error: Error) => {
      // A name with a line's end in it was taken apart above, and its parts may belong elsewhere.
      if (!error.message.startsWith("MOVED")) throw error;
    });
}
