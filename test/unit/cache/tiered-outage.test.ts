import { expect, test } from "vitest";
import { cacheFleet } from "../../support/cache-fleet.ts";
import { settle } from "../../support/fake-clock.ts";

const never = () => {
  throw new Error("not to be loaded");
};

test("while the server is gone, the source answers, once in degradedTtlMs, and no request fails", async () => {
  const { caches, tiers, clock, events } = cacheFleet(1, { degradedTtlMs: 500 });
  const [cache] = caches;
  await cache!.getOrLoad("k", () => 0);
  tiers[0]!.cut();
  let loads = 0;
  const load = () => ++loads;
  for (let i = 0; i < 100; i++) {
    expect(await cache!.getOrLoad("k", load)).toBe(loads);
    await clock.advance(10);
  }
  expect(loads).toBe(2);
  tiers[0]!.heal();
  await clock.advance(3_000);
  // Nothing was forgotten meanwhile, and the server's value is still there.
  expect(await cache!.getOrLoad("k", never)).toBe(0);
  expect(events).toEqual(["tier-down", "tier-up"]);
});

test("what was loaded while the server was gone isn't served once it can be asked again", async () => {
  const { caches, tiers, clock } = cacheFleet(2, { degradedTtlMs: 60_000 });
  const [a, b] = caches;
  tiers[0]!.cut();
  expect(await a!.getOrLoad("k", () => "old")).toBe("old");
  expect(await a!.getOrLoad("k", never)).toBe("old");
  await b!.delete("k");
  tiers[0]!.heal();
  await clock.advance(3_000);
  expect(await a!.getOrLoad("k", () => "new")).toBe("new");
});

test("a server that doesn't answer costs its time budget a few times, and is then left alone", async () => {
  const { caches, tiers, clock } = cacheFleet(1, { tierTimeoutMs: 50, degradedTtlMs: 0 });
  const [cache] = caches;
  const tier = tiers[0]!;
  tier.get = () => {
    tier.calls.set("get", (tier.calls.get("get") ?? 0) + 1);
    return new Promise(() => undefined);
  };
  for (let i = 0; i < 3; i++) {
    const asked = cache!.getOrLoad(`k${i}`, () => i);
    await clock.advance(51);
    expect(await asked).toBe(i);
  }
  for (let i = 0; i < 50; i++) expect(await cache!.getOrLoad(`other ${i}`, () => i)).toBe(i);
  expect(tier.calls.get("get")).toBe(3);
  expect(cache!.stats()).toMatchObject({ tierFailures: 3 });
  expect(cache!.stats().tierRefusals).toBeGreaterThanOrEqual(50);
});

test("a server that is full or takes no writes is still read from", async () => {
  for (const reason of ["full", "read-only"] as const) {
    const { caches, tiers, events } = cacheFleet(2);
    const [a, b] = caches;
    await a!.getOrLoad("k", () => 1);
    await settle();
    tiers[1]!.writeFault = reason;
    for (let i = 0; i < 20; i++) expect(await b!.getOrLoad(`k${i}`, () => i)).toBe(i);
    expect(await b!.getOrLoad("k", never)).toBe(1);
    expect(events).toEqual([]);
  }
});

test("no more calls are under way than may be; beyond, the source is asked", async () => {
  const { caches, tiers } = cacheFleet(1, { maxTierCalls: 5 });
  const tier = tiers[0]!;
  let open = 0;
  let most = 0;
  const { get } = tier;
  tier.get = async (key) => {
    most = Math.max(most, ++open);
    await settle();
    open--;
    return get.call(tier, key);
  };
  const values = await Promise.all(
    Array.from({ length: 100 }, (_, i) => caches[0]!.getOrLoad(`k${i}`, () => i)),
  );
  expect(values).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(most).toBe(5);
});

for (const [what, forget] of [
  ["a key", (cache: ReturnType<typeof cacheFleet>["caches"][0]) => cache.delete("k")],
  ["a tag", (cache: ReturnType<typeof cacheFleet>["caches"][0]) => cache.deleteByTag("t")],
  ["all", (cache: ReturnType<typeof cacheFleet>["caches"][0]) => cache.clear()],
] as const)
  test(`to forget ${what} while the server is gone counts here at once, and there before it is asked again`, async () => {
    const { caches, tiers, clock, events } = cacheFleet(2);
    const [a, b] = caches;
    await b!.getOrLoad("k", () => "old", { tags: ["t"] });
    await settle();
    expect(await a!.getOrLoad("k", never)).toBe("old");
    tiers[0]!.cut();
    expect(await forget(a!)).toBe("pending");
    expect(a!.stats().pending).toBe(1);
    expect(await a!.getOrLoad("k", () => "new", { tags: ["t"] })).toBe("new");
    tiers[0]!.heal();
    // Not told yet: the server's value is still the old one.
    expect(await a!.getOrLoad("k", never)).toBe("new");
    await clock.advance(3_000);
    expect(a!.stats()).toMatchObject({ pending: 0, replayed: 1 });
    expect(await a!.getOrLoad("k", () => "newer", { tags: ["t"] })).toBe("newer");
    tiers[1]!.deliver();
    await settle();
    expect(await b!.getOrLoad("k", never)).toBe("newer");
    expect(events).toEqual(["tier-down", "pending", "replayed", "tier-up"]);
  });

test("a value that is set while the server is gone is served here, and its key is forgotten there", async () => {
  const { caches, tiers, clock } = cacheFleet(2);
  const [a, b] = caches;
  await b!.getOrLoad("k", () => "old");
  await settle();
  tiers[0]!.cut();
  expect(await a!.set("k", "set")).toBe("pending");
  expect(await a!.getOrLoad("k", never)).toBe("set");
  tiers[0]!.heal();
  await clock.advance(3_000);
  tiers[1]!.deliver();
  expect(await b!.getOrLoad("k", () => "set")).toBe("set");
});

test("more changes than may be kept become one that forgets all", async () => {
  const { caches, tiers, clock, events } = cacheFleet(2, { maxPending: 3 });
  const [a, b] = caches;
  await b!.getOrLoad("unrelated", () => "old");
  await settle();
  tiers[0]!.cut();
  for (let i = 0; i < 10; i++) expect(await a!.delete(`k${i}`)).toBe("pending");
  expect(a!.stats().pending).toBeLessThanOrEqual(4);
  expect(a!.stats().overflows).toBeGreaterThan(0);
  expect(events).toContain("overflow");
  tiers[0]!.heal();
  await clock.advance(3_000);
  expect(a!.stats()).toMatchObject({ pending: 0 });
  expect(await a!.get("unrelated")).toBeUndefined();
});

test("a token that can't be caught up with makes neither memory nor the server an answer", async () => {
  const { caches, tiers } = cacheFleet(2);
  const [a, b] = caches;
  await a!.getOrLoad("k", () => "old");
  await b!.delete("k");
  tiers[0]!.catchUp = () => Promise.reject(new Error("lost"));
  expect(await a!.get("k", { after: b!.token() })).toBeUndefined();
  expect(await a!.getOrLoad("k", () => "new", { after: b!.token() })).toBe("new");
});

test("a server that restarted has forgotten all, and so has the memory of each node", async () => {
  const { caches, tiers, hub } = cacheFleet(2);
  for (const cache of caches) await cache.getOrLoad("k", () => "old");
  await settle();
  hub.forgetAll();
  for (const tier of tiers) tier.deliver();
  expect(await caches[1]!.getOrLoad("k", () => "new")).toBe("new");
  await settle();
  expect(await caches[0]!.getOrLoad("k", never)).toBe("new");
});

test("what one caller does wrong doesn't keep the others from the server", async () => {
  const { caches, tiers } = cacheFleet(1);
  const [cache] = caches;
  const acquire = tiers[0]!.acquire.bind(tiers[0]);
  tiers[0]!.acquire = async (key, tags, leaseMs, anew) => {
    if (tags.includes("too long")) throw new RangeError("tags: expected shorter ones");
    return acquire(key, tags, leaseMs, anew);
  };
  for (let i = 0; i < 50; i++)
    expect(await cache!.getOrLoad(`k${i}`, () => i, { tags: ["too long"] })).toBe(i);
  expect(await cache!.getOrLoad("k", () => "v")).toBe("v");
  expect(cache!.stats()).toMatchObject({ tierFailures: 50, tierRefusals: 0 });
});
