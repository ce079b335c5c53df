import { expect, test } from "vitest";
import { openRedisTier } from "../../../src/cache/redis/tier.ts";
import { startRedis } from "../../services/redis.ts";
import { useService } from "../../services/use-service.ts";
import { CuttingProxy } from "../../support/cutting-proxy.ts";
import { bytes, connected, freshNamespace, patient, text, until } from "../../support/redis-tiers.ts";
import { storeValue } from "../../support/store-value.ts";
import { untilAnswered } from "../../support/until-answered.ts";

const server = useService(() => startRedis());
const ttlMs = 600_000;

/** One node behind a proxy, and one with the server at hand. */
async function twoNodes(proxy: CuttingProxy) {
  const all = { ...patient, namespace: freshNamespace() };
  const far = {
    ...all,
    url: `redis://127.0.0.1:${proxy.port}`,
    timeoutMs: 200,
    heartbeatMs: 50,
    trustMs: 500,
  };
  return [await openRedisTier(far), await openRedisTier({ ...all, url: server().url })] as const;
}

test.each(["replies", "requests"] as const)(
  "a node whose %s get lost stops serving from memory, and has missed nothing once they pass again",
  async (lost) => {
    await using proxy = await CuttingProxy.start(server().port);
    const [cutOff, other] = await twoNodes(proxy);
    await storeValue(other, "k", bytes("old"), ["t"], ttlMs);
    await until(() => cutOff.isConnected);
    const entry = (await untilAnswered(() => cutOff.get("k")))!;
    proxy.lost = lost;
    await other.deleteByTag(["t"]);
    await until(() => cutOff.isCurrent(entry.stamp) === false);
    await until(() => !cutOff.isConnected);
    proxy.lost = "nothing";
    await connected([cutOff]);
    expect(cutOff.isCurrent(entry.stamp)).toBe(false);
    await until(() =>
      cutOff.get("k").then(
        (got) => got === undefined,
        () => false,
      ),
    );
    await cutOff.close();
    await other.close();
  },
);

test("connections that are reset are replaced, and a slow network only takes longer", async () => {
  await using proxy = await CuttingProxy.start(server().port);
  const [far, other] = await twoNodes(proxy);
  await storeValue(other, "k", bytes("v"), [], ttlMs);
  proxy.reset();
  await until(() => far.stats().lost > 0);
  await connected([far]);
  proxy.delayMs = 20;
  await until(() =>
    far.get("k").then(
      (got) => text(got) === "v",
      () => false,
    ),
  );
  await other.delete(["k"]);
  await until(() =>
    far.catchUp(other.token()).then(
      () => true,
      () => false,
    ),
  );
  await until(() =>
    far.get("k").then(
      (got) => got === undefined,
      () => false,
    ),
  );
  await far.close();
  await other.close();
});
