import assert from "node:assert/strict";
import type { SharedTier } from "../shared-tier.ts";
import { bytesOf, type ContractCase, leaseMs, leaseOf, load, tell, textOf, ttlMs } from "./contract-case.ts";

const changes: readonly (readonly [what: string, change: (tier: SharedTier) => Promise<unknown>])[] = [
  ["its key is deleted", (tier) => tier.delete(["x", "k", "y"])],
  ["one of its tags is deleted", (tier) => tier.deleteByTag(["x", "t2"])],
  ["the namespace is cleared", (tier) => tier.clear()],
];

/** The race that a cache must not lose: a load starts, the source and the cache are changed, the load ends. */
export const staleFillCases: readonly ContractCase[] = [
  ...changes.flatMap(([what, change]): ContractCase[] =>
    ["another node", "the same node"].map((by, at) => ({
      name: `what was loaded isn't stored when ${what} meanwhile, by ${by}`,
      async check(nodes) {
        const a = nodes[0];
        const writer = at === 0 ? nodes[1] : a;
        const lease = await leaseOf(a, "k", ["t1", "t2"]);
        await change(writer);
        await tell(writer, a);
        assert.equal(await a.isCurrent(lease.stamp), false);
        assert.equal(await a.fill(lease, bytesOf("stale"), ttlMs), undefined);
        for (const tier of nodes) assert.equal(textOf(await tier.get("k")), undefined);
        await load(nodes[2], "k", "fresh", ["t1", "t2"]);
        assert.equal(textOf(await a.get("k")), "fresh");
      },
    })),
  ),
  ...changes.map(
    ([what, change]): ContractCase => ({
      name: `what is stored is gone when ${what}`,
      async check([a, b, c]) {
        await load(a, "k", "old", ["t1", "t2"]);
        await change(b);
        for (const tier of [a, c]) await tell(b, tier);
        for (const tier of [a, b, c]) assert.equal(textOf(await tier.get("k")), undefined);
      },
    }),
  ),
  {
    name: "to forget one key or tag leaves others alone",
    async check([a, b]) {
      await load(a, "kept", "v", ["t"]);
      const lease = await leaseOf(a, "loading", ["t"]);
      await b.delete(["k"]);
      await b.deleteByTag(["other", "tt"]);
      await tell(b, a);
      assert.equal(textOf(await a.get("kept")), "v");
      assert.ok(await a.fill(lease, bytesOf("loaded"), ttlMs));
      assert.equal(textOf(await b.get("loading")), "loaded");
    },
  },
  {
    name: "a key or a tag that nothing was ever stored with can be forgotten, and stops loads too",
    async check([a, b]) {
      await b.delete(["never"]);
      await b.deleteByTag(["never"]);
      await b.delete([]);
      await b.deleteByTag([]);
      await tell(b, a);
      await load(a, "never", "v", ["never"]);
      assert.equal(textOf(await b.get("never")), "v");
    },
  },
  {
    name: "who loads while another forgets, again and again, never stores what was read before",
    async check([a, b, c]) {
      let version = 0;
      const reader = async (tier: SharedTier): Promise<void> => {
        for (let i = 0; i < 25; i++) {
          const answer = await tier.acquire("k", ["t"], leaseMs);
          if (answer === undefined || !("token" in answer)) continue;
          const read = version;
          await tier.get("other");
          await tier.fill(answer, bytesOf(`${read}`), ttlMs);
        }
      };
      const writer = async (): Promise<void> => {
        for (let i = 0; i < 25; i++) {
          version++;
          await (i % 2 === 0 ? c.delete(["k"]) : c.deleteByTag(["t"]));
          const entry = await c.get("k");
          assert.ok(
            entry === undefined || Number(textOf(entry)) >= version,
            `stale: ${textOf(entry)} < ${version}`,
          );
        }
      };
      await Promise.all([reader(a), reader(b), writer()]);
    },
  },
  {
    name: "a generation that the server has lost counts as changed",
    needs: "evictGenerations",
    async check([a, b], { fault }) {
      const stamp = await load(a, "k", "v", ["t"]);
      const lease = await leaseOf(a, "loading", ["t"]);
      await fault();
      await tell(b, a);
      assert.equal(await a.get("k"), undefined);
      assert.equal(await a.isCurrent(stamp), false);
      assert.equal(await a.fill(lease, bytesOf("stale"), ttlMs), undefined);
      await load(b, "k", "fresh", ["t"]);
      assert.equal(textOf(await a.get("k")), "fresh");
      assert.equal(await a.isCurrent(stamp), false, "the lost one doesn't come back");
    },
  },
  {
    name: "what was noted before a restart of the server counts as changed after it",
    needs: "restart",
    async check([a, b], { fault }) {
      const stamp = await load(a, "k", "v", ["t"]);
      const lease = await leaseOf(a, "loading", ["t"]);
      await fault();
      await tell(b, a);
      assert.equal(await a.isCurrent(stamp), false);
      assert.equal(await a.fill(lease, bytesOf("stale"), ttlMs), undefined);
      await b.delete(["k", "loading"]);
      await load(b, "k", "fresh", ["t"]);
      assert.equal(textOf(await a.get("k")), "fresh");
      assert.equal(await a.isCurrent(stamp), false, "what was lost doesn't come back");
    },
  },
];
