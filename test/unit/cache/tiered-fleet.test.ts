import { describe, expect, test } from "vitest";
import { DeadlineError } from "../../../src/errors.ts";
import { cacheFleet } from "../../support/cache-fleet.ts";
import { settle } from "../../support/fake-clock.ts";
import { storeValue } from "../../support/store-value.ts";

const never = () => {
  throw new Error("not to be loaded");
};

/** A loader that takes its time, and counts. */
function slow(value: unknown = "value") {
  const own = Promise.withResolvers<unknown>();
  const loader = {
    calls: 0,
    load: () => {
      loader.calls++;
      return own.promise;
    },
    finish: () => own.resolve(value),
  };
  return loader;
}

test("a cold key that 100 callers on each of 10 nodes ask for is loaded once", async () => {
  const { caches } = cacheFleet(10);
  const loader = slow({ n: 1 });
  const asked = caches.flatMap((cache) =>
    Array.from({ length: 100 }, () => cache.getOrLoad("k", loader.load)),
  );
  await settle();
  loader.finish();
  for (const value of await Promise.all(asked)) expect(value).toEqual({ n: 1 });
  expect(loader.calls).toBe(1);
});

test("what one node loaded, another finds on the server, and from then on in its memory", async () => {
  const { caches, tiers } = cacheFleet(2);
  const [a, b] = caches;
  await a!.getOrLoad("k", () => new Map([["n", 1]]));
  await settle();
  expect(await b!.getOrLoad("k", never)).toEqual(new Map([["n", 1]]));
  const calls = tiers[1]!.calls.get("get");
  expect(await b!.getOrLoad("k", never)).toEqual(new Map([["n", 1]]));
  expect(await b!.get("k")).toEqual(new Map([["n", 1]]));
  expect(tiers[1]!.calls.get("get")).toBe(calls);
  expect(b!.stats()).toMatchObject({ sharedHits: 1, memoryHits: 2, loads: 0 });
});

test("an age counts from the load, on whichever node it is read", async () => {
  const { caches, clock } = cacheFleet(2, { staleMs: 5_000 });
  const [a, b] = caches;
  await a!.getOrLoad("k", () => 1);
  await clock.advance(9_000);
  expect(await b!.getOrLoad("k", never)).toBe(1);
  await clock.advance(1_500);
  expect(await b!.getOrLoad("k", () => 2)).toBe(1);
  await settle();
  expect(await b!.getOrLoad("k", never)).toBe(2);
});

test("a stale value is loaded anew by one node of the fleet, and the others take over what it stored", async () => {
  const { caches, clock } = cacheFleet(5, { staleMs: 5_000 });
  await caches[0]!.getOrLoad("k", () => 1);
  await settle();
  for (const cache of caches) await cache.getOrLoad("k", never);
  await clock.advance(10_500);
  const loader = slow(2);
  for (const cache of caches) expect(await cache.getOrLoad("k", loader.load)).toBe(1);
  await settle();
  loader.finish();
  await clock.advance(100);
  for (const cache of caches) expect(await cache.getOrLoad("k", never)).toBe(2);
  expect(loader.calls).toBe(1);
});

test("a read with the token of a writer isn't served what was forgotten before, though no message has come", async () => {
  const { caches } = cacheFleet(2);
  const [a, b] = caches;
  await a!.getOrLoad("k", () => "old");
  await b!.delete("k");
  expect(await a!.getOrLoad("k", never), "not told yet").toBe("old");
  expect(await a!.getOrLoad("k", () => "new", { after: b!.token() })).toBe("new");
  await b!.deleteByTag("t");
  await b!.clear();
  expect(await a!.get("k", { after: b!.token() })).toBeUndefined();
});

test("a read with a token joins no load that began before", async () => {
  const { caches } = cacheFleet(2);
  const [a, b] = caches;
  const loader = slow("old");
  const before = a!.getOrLoad("k", loader.load);
  await settle();
  await b!.delete("k");
  const after = a!.getOrLoad("k", () => "new", { after: b!.token() });
  expect(await after).toBe("new");
  loader.finish();
  expect(await before).toBe("old");
  await settle();
  expect(await b!.getOrLoad("k", never)).toBe("new");
});

test("a value that is set is there for all nodes, and takes the place of an older one in their memory", async () => {
  const { caches, tiers } = cacheFleet(2);
  const [a, b] = caches;
  await a!.getOrLoad("k", () => 1, { tags: ["t"] });
  expect(await b!.set("k", 2, { tags: ["t"] })).toBe("fleet");
  tiers[0]!.deliver();
  expect(await a!.getOrLoad("k", never)).toBe(2);
  await a!.deleteByTag("t");
  tiers[1]!.deliver();
  expect(await b!.get("k")).toBeUndefined();
});

describe("a node whose loader's node was killed", () => {
  test("loads after the lease's time: two loads in all", async () => {
    const { caches, clock, tiers } = cacheFleet(3, { leaseMs: 2_000 });
    const lost = slow();
    const dead = caches[0]!.getOrLoad("k", lost.load).catch((error) => error);
    await settle();
    tiers[0]!.cut();
    const loader = slow("second");
    const asked = caches
      .slice(1)
      .flatMap((cache) => [cache.getOrLoad("k", loader.load), cache.getOrLoad("k", loader.load)]);
    await clock.advance(1_900);
    expect(loader.calls).toBe(0);
    await clock.advance(300);
    loader.finish();
    await clock.advance(100);
    expect(await Promise.all(asked)).toEqual(Array(4).fill("second"));
    expect(loader.calls).toBe(1);
    lost.finish();
    await dead;
  });
});

test("a load that takes longer than its lease holds it, and is waited for", async () => {
  const { caches, clock } = cacheFleet(2, { leaseMs: 300 });
  const loader = slow();
  const asked = caches.map((cache) => cache.getOrLoad("k", loader.load));
  await clock.advance(3_000);
  loader.finish();
  await clock.advance(100);
  expect(await Promise.all(asked)).toEqual(["value", "value"]);
  expect(loader.calls).toBe(1);
});

test("a load that never ends, and that nobody waits for any more, doesn't keep its lease from the fleet", async () => {
  const { caches, clock } = cacheFleet(2, { leaseMs: 300 });
  const hung = caches[0]!.getOrLoad("k", () => new Promise(() => undefined), { timeoutMs: 500 });
  const failed = expect(hung).rejects.toThrow(DeadlineError);
  await clock.advance(2_000);
  await failed;
  const asked = caches[1]!.getOrLoad("k", () => "loaded");
  await clock.advance(400);
  expect(await asked).toBe("loaded");
  expect(caches[1]!.stats().leaseWaits).toBe(0);
});

test("a lease that the server grants too late is given back, so that nobody waits for its time", async () => {
  const { caches, tiers, clock } = cacheFleet(2, { leaseMs: 5_000, tierTimeoutMs: 50 });
  const [slowTier] = tiers;
  const acquire = slowTier!.acquire.bind(slowTier);
  const late = Promise.withResolvers<void>();
  slowTier!.acquire = async (...args) => {
    const lease = await acquire(...args);
    await late.promise;
    return lease;
  };
  const first = caches[0]!.getOrLoad("k", () => "first");
  await clock.advance(60);
  expect(await first).toBe("first");
  late.resolve();
  await settle();
  const second = caches[1]!.getOrLoad("k", () => "second");
  await clock.advance(10);
  expect(await second).toBe("second");
  expect(caches[1]!.stats().leaseWaits).toBe(0);
});

test("who has waited long enough for another node's load loads as well, and doesn't store", async () => {
  const { caches, clock } = cacheFleet(2, { maxWaitMs: 500 });
  const [a, b] = caches;
  const loader = slow("first");
  const first = a!.getOrLoad("k", loader.load);
  await settle();
  const second = b!.getOrLoad("k", () => "own");
  await clock.advance(600);
  expect(await second).toBe("own");
  expect(b!.stats().leaseWaits).toBeGreaterThan(0);
  loader.finish();
  await first;
  await settle();
  expect(await b!.getOrLoad("k", never)).toBe("first");
});

test("a caller who waits for another node's load leaves when told to", async () => {
  const { caches, clock } = cacheFleet(2);
  const loader = slow();
  const first = caches[0]!.getOrLoad("k", loader.load);
  await settle();
  const outcome = caches[1]!.getOrLoad("k", never, { timeoutMs: 100 }).catch((error) => error);
  await clock.advance(150);
  expect(await outcome).toMatchObject({ code: "VICTOR_DEADLINE" });
  loader.finish();
  await first;
});

test("what lies on the server damaged, of another version or codec is a miss, is counted, and is replaced", async () => {
  const { caches, hub } = cacheFleet(2);
  const [a, b] = caches;
  const raw = hub.connect();
  for (const bytes of [new Uint8Array(0), new Uint8Array(60).fill(1), Uint8Array.of(0xc1, 1, 2, 3)]) {
    await storeValue(raw, "k", bytes, [], 60_000);
    expect(await a!.getOrLoad("k", () => "good")).toBe("good");
    await settle();
    expect(await b!.get("k", { after: a!.token() })).toBe("good");
    await a!.clear();
  }
  // Each is looked at once more under the lease.
  expect(a!.stats().unreadable).toBe(6);
});
