import assert from "node:assert/strict";
import type { SharedTier } from "../shared-tier.ts";
import { type ContractCase, eventually, isLease, leaseMs, leaseOf, load, tell } from "./contract-case.ts";

const changes: readonly (readonly [what: string, change: (tier: SharedTier) => Promise<unknown>])[] = [
  ["its key was deleted", (tier) => tier.delete(["k"])],
  ["a tag of it was deleted", (tier) => tier.deleteByTag(["t"])],
  ["the namespace was cleared", (tier) => tier.clear()],
];

/** Of what may be served from memory. */
export const vouchingCases: readonly ContractCase[] = [
  {
    name: "what was filled, read or leased may be served until it is forgotten",
    async check([a, b]) {
      const filled = await load(a, "filled", "v", ["t"]);
      const read = (await b.get("filled"))!.stamp;
      const entry = await b.acquire("filled", [], leaseMs);
      assert.ok(entry !== undefined && !isLease(entry));
      const lease = await leaseOf(a, "leased", ["t"]);
      assert.equal(await a.isCurrent(filled), true);
      assert.equal(await a.isCurrent(lease.stamp), true);
      assert.equal(await b.isCurrent(read), true);
      assert.equal(await b.isCurrent(entry.stamp), true);
      await a.delete(["unrelated"]);
      await a.deleteByTag(["unrelated"]);
      await tell(a, b);
      assert.equal(await b.isCurrent(read), true);
    },
  },
  ...changes.flatMap(([what, change]): ContractCase[] => [
    {
      name: `a value is not current once it is told that ${what} by another node`,
      async check([a, b], ground) {
        const stamp = await load(a, "k", "v", ["t"]);
        await change(b);
        await eventually(ground, "isCurrent is still true", async () => !(await a.isCurrent(stamp)));
      },
    },
    {
      name: `a value is not current right after catching up with a token of the node where ${what}`,
      async check([a, b, c]) {
        const stamp = await load(a, "k", "v", ["t"]);
        const read = (await c.get("k"))!.stamp;
        await change(b);
        const token = b.token();
        assert.match(token, /^[\x20-\x7e]{1,256}$/);
        await Promise.all([a.catchUp(token), c.catchUp(token)]);
        assert.equal(await a.isCurrent(stamp), false);
        assert.equal(await c.isCurrent(read), false);
      },
    },
    {
      name: `a value is not current right after ${what} by the same node`,
      async check([a]) {
        const stamp = await load(a, "k", "v", ["t"]);
        await change(a);
        assert.equal(await a.isCurrent(stamp), false);
      },
    },
  ]),
  {
    name: "what isn't current never becomes so again",
    async check([a, b]) {
      const stamp = await load(a, "k", "v", ["t"]);
      await b.delete(["k"]);
      await tell(b, a);
      await load(b, "k", "v", ["t"]);
      await load(a, "other", "v", ["t"]);
      await a.get("k");
      assert.equal(await a.isCurrent(stamp), false);
    },
  },
  {
    name: "a token that isn't one counts as the newest",
    async check([a, b]) {
      const stamp = await load(a, "k", "v");
      await b.delete(["k"]);
      await a.catchUp("not a token");
      assert.equal(await a.isCurrent(stamp), false);
      await a.catchUp("");
    },
  },
  {
    name: "memory tiers elsewhere are told what they needn't keep, and that may be all",
    async check([a, b], ground) {
      let told = false;
      const stamp = await load(a, "k", "v", ["t"]);
      assert.equal(await a.isCurrent(stamp), true);
      a.onForgotten((key) => {
        told ||= key === undefined || key === "k";
      });
      await b.delete(["k"]);
      await tell(b, a);
      await eventually(ground, "nobody was told", async () => told || !(await a.isCurrent(stamp)));
    },
  },
];
