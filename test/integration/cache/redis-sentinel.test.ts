import { describe, expect, test } from "vitest";
import { openRedisTier } from "../../../src/cache/redis/tier.ts";
import { startRedisSentinel } from "../../services/redis-sentinel.ts";
import { useService } from "../../services/use-service.ts";
import { testRedisContract } from "../../support/redis-contract.ts";
import { bytes, connected, freshNamespace, patient, text, until } from "../../support/redis-tiers.ts";
import { storeValue } from "../../support/store-value.ts";

describe("a master behind Sentinel", () => {
  const service = useService(() => startRedisSentinel());
  testRedisContract(
    () => ({ sentinel: { name: service().masterName, nodes: service().urls } }),
    () => [service().master],
  );
});

test("a failover is followed, and what the replica holds isn't believed", async () => {
  await using service = await startRedisSentinel();
  await using tier = await openRedisTier({
    ...patient,
    timeoutMs: 2000,
    trustMs: 3000,
    connectTimeoutMs: 5000,
    namespace: freshNamespace(),
    sentinel: { name: service.masterName, nodes: service.urls },
  });
  const stamp = await storeValue(tier, "k", bytes("old"), [], 600_000);
  expect(tier.isCurrent(stamp)).toBe(true);
  await service.master.kill("SIGKILL");
  await until(() => !tier.isConnected);
  await connected([tier]);
  expect(tier.isCurrent(stamp)).toBe(false);
  expect(await tier.get("k")).toBeUndefined();
  await storeValue(tier, "k", bytes("new"), [], 600_000);
  expect(text(await tier.get("k"))).toBe("new");
});
