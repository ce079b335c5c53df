import { describe, test } from "vitest";
import { tierContract } from "../../../src/cache/tier-contract.ts";
import { startRedis } from "../../services/redis.ts";
import { useService } from "../../services/use-service.ts";
import { testRedisContract } from "../../support/redis-contract.ts";
import { threeTiers } from "../../support/redis-tiers.ts";

describe("Redis", () => {
  const server = useService(() => startRedis());
  testRedisContract(
    () => ({ url: server().url }),
    () => [server()],
    true,
  );
});

describe("Redis, for a user who may neither ask for tracking nor for what the server is", () => {
  const config = ["user default off", "user worker on >pass ~* &* +@all -client|tracking -info -time"];
  const server = useService(() => startRedis({ config }));
  const url = () => server().url.replace("//", "//worker:pass@");
  for (const { name, run } of tierContract({ open: () => threeTiers({ url: url() }) })) test(name, run);
});
