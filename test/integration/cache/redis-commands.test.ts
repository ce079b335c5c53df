import { expect, test } from "vitest";
import { openRedisTier, type RedisTier } from "../../../src/cache/redis/tier.ts";
import type { Lease } from "../../../src/cache/shared-tier.ts";
import { startRedis } from "../../services/redis.ts";
import { useService } from "../../services/use-service.ts";
import { bytes, connected, freshNamespace, patient, text } from "../../support/redis-tiers.ts";
import { storeValue } from "../../support/store-value.ts";

const server = useService(() => startRedis());
const ttlMs = 600_000;

async function twoNodes(): Promise<readonly [RedisTier, RedisTier]> {
  const all = { ...patient, namespace: freshNamespace(), url: server().url };
  const nodes = [await openRedisTier(all), await openRedisTier(all)] as const;
  await connected(nodes);
  return nodes;
}

/** How many commands something takes, what the server tells of by itself apart. */
async function commandsOf<T>(tier: RedisTier, act: () => Promise<T>): Promise<[commands: number, result: T]> {
  const before = tier.stats().commands;
  const result = await act();
  return [tier.stats().commands - before, result];
}

test("a value on the server takes one command, and one that was found to be outdated isn't sent again", async () => {
  const [writer, reader] = await twoNodes();
  await storeValue(writer, "k", bytes("old"), ["t"], ttlMs);
  expect(text(await reader.get("k"))).toBe("old");
  const [read, entry] = await commandsOf(reader, () => reader.get("k"));
  expect([read, text(entry)]).toEqual([1, "old"]);
  await writer.deleteByTag(["t"]);
  await reader.catchUp(writer.token());
  expect(await reader.get("k")).toBeUndefined();
  // The script, and what shows that all has been told of it.
  const [asked, lease] = await commandsOf(reader, () => reader.acquire("k", ["t"], 60_000));
  expect(asked).toBe(2);
  expect(lease).toHaveProperty("token");
  // It counted for that value alone: what was stored since is found.
  await reader.fill(lease as Lease, bytes("new"), ttlMs);
  expect(text((await writer.acquire("k", ["t"], 60_000)) as Awaited<ReturnType<RedisTier["get"]>>)).toBe(
    "new",
  );
  for (const node of [writer, reader]) await node.close();
});

test("who was refused a lease waits for its end without a further question, and is woken by it", async () => {
  const [holder, waiter] = await twoNodes();
  const lease = (await holder.acquire("k", [], 600_000)) as Lease;
  expect(await waiter.acquire("k", [], 60_000)).toBeUndefined();
  let isOver = false;
  const [asked, waiting] = await commandsOf(waiter, async () => ({
    end: waiter.leaseEnded("k", 600_000).then(() => {
      isOver = true;
    }),
  }));
  expect(asked).toBe(0);
  await waiter.catchUp("anything");
  expect(isOver).toBe(false);
  await holder.release(lease);
  await waiting.end;
  // Nothing of it counts for the next lease.
  const next = (await holder.acquire("k", [], 600_000)) as Lease;
  const [askedAgain, second] = await commandsOf(waiter, async () => ({
    end: waiter.leaseEnded("k", 600_000),
  }));
  expect(askedAgain).toBe(1);
  await holder.release(next);
  await second.end;
  for (const node of [holder, waiter]) await node.close();
});
