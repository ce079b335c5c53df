import { describe, expect, test } from "vitest";
import { openRedisTier } from "../../../src/cache/redis/tier.ts";
import { startRedisCluster } from "../../services/redis-cluster.ts";
import { useService } from "../../services/use-service.ts";
import { testRedisContract } from "../../support/redis-contract.ts";
import {
  bytes,
  connected,
  freshNamespace,
  patient,
  text,
  threeTiers,
  until,
} from "../../support/redis-tiers.ts";
import { storeValue } from "../../support/store-value.ts";

describe("a cluster of three", () => {
  const cluster = useService(() => startRedisCluster());
  testRedisContract(
    () => ({ cluster: { nodes: cluster().urls } }),
    () => cluster().masters,
  );

  test("the keys lie on all three, and those of another node are found", async () => {
    const [a, b, c] = await threeTiers({ cluster: { nodes: [cluster().urls[0]!] } });
    const keys = Array.from({ length: 60 }, (_, i) => `key ${i}`);
    await Promise.all(keys.map((key) => storeValue(a, key, bytes(key), ["t"], 60_000)));
    for (const master of cluster().masters) expect(await master.command("DBSIZE")).not.toBe(":0\r\n");
    expect((await Promise.all(keys.map((key) => b.get(key)))).map(text)).toEqual(keys);
    await b.deleteByTag(["t"]);
    await c.catchUp(b.token());
    expect(await Promise.all(keys.map((key) => c.get(key)))).toEqual(keys.map(() => undefined));
    for (const tier of [a, b, c]) await tier.close();
  });
});

test("a failover in the cluster is followed, and what the new master holds isn't believed", async () => {
  await using cluster = await startRedisCluster(1);
  const options = {
    ...patient,
    timeoutMs: 2000,
    trustMs: 3000,
    connectTimeoutMs: 5000,
    namespace: freshNamespace(),
  };
  await using tier = await openRedisTier({ ...options, cluster: { nodes: cluster.urls } });
  const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`);
  await Promise.all(keys.map((key) => storeValue(tier, key, bytes("old"), [], 600_000)));
  await cluster.masters[0]!.kill("SIGKILL");
  await until(() => !tier.isConnected);
  await connected([tier]);
  const kept = (await Promise.all(keys.map((key) => tier.get(key)))).filter((entry) => entry !== undefined);
  expect(kept.length).toBeLessThan(keys.length);
  await Promise.all(keys.map((key) => storeValue(tier, key, bytes("new"), [], 600_000)));
  expect((await Promise.all(keys.map((key) => tier.get(key)))).map(text)).toEqual(keys.map(() => "new"));
});
