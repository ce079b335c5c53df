import assert from "node:assert/strict";
import {
  bytesOf,
  type ContractCase,
  isLease,
  leaseMs,
  leaseOf,
  load,
  textOf,
  ttlMs,
} from "./contract-case.ts";

/** Of the right to load. */
export const leaseCases: readonly ContractCase[] = [
  {
    name: "one of many gets the lease of a key, the others nothing",
    async check([a, b, c]) {
      const answers = await Promise.all([a, b, c, a, b, c].map((tier) => tier.acquire("k", ["t"], leaseMs)));
      const leases = answers.filter(isLease);
      assert.equal(leases.length, 1);
      assert.equal(answers.filter((answer) => answer === undefined).length, 5);
      assert.equal(leases[0]!.key, "k");
      assert.equal(leases[0]!.stamp.key, "k");
      assert.notEqual(leases[0]!.token, "");
      await leaseOf(b, "another");
    },
  },
  {
    name: "who asks for the lease of a key that is stored gets the entry",
    async check([a, b]) {
      await load(a, "k", "v");
      const answer = await b.acquire("k", [], leaseMs);
      assert.ok(answer !== undefined && !isLease(answer));
      assert.equal(textOf(answer), "v");
    },
  },
  {
    name: "what is stored can be leased anew by one, and stays readable until it is filled again",
    async check([a, b]) {
      await load(a, "k", "old", ["t"]);
      const answers = await Promise.all([a, b, b].map((tier) => tier.acquire("k", ["t"], leaseMs, true)));
      const at = answers.findIndex(isLease);
      assert.equal(answers.filter(isLease).length, 1);
      assert.equal(answers.filter((answer) => answer === undefined).length, 2);
      assert.equal(textOf(await a.get("k")), "old");
      const plain = await b.acquire("k", [], leaseMs);
      assert.ok(plain === undefined || textOf(plain as never) === "old");
      const holder = at === 0 ? a : b;
      assert.ok(await holder.fill(answers[at] as never, bytesOf("new"), ttlMs));
      assert.equal(textOf(await a.get("k")), "new");
      assert.equal(textOf(await b.get("k")), "new");
    },
  },
  {
    name: "a lease ends with a fill, and serves once",
    async check([a, b]) {
      const lease = await leaseOf(a, "k");
      assert.ok(await a.fill(lease, bytesOf("1"), ttlMs));
      assert.equal(await a.fill(lease, bytesOf("2"), ttlMs), undefined);
      assert.equal(await a.renew(lease, leaseMs), false);
      assert.equal(textOf(await b.get("k")), "1");
    },
  },
  {
    name: "a lease that is given back is free for another, and stores nothing any more",
    async check([a, b]) {
      const lease = await leaseOf(a, "k");
      await a.release(lease);
      const second = await leaseOf(b, "k");
      assert.notEqual(second.token, lease.token);
      await a.release(lease);
      assert.equal(await a.acquire("k", [], leaseMs), undefined, "the second is still held");
      assert.equal(await a.fill(lease, bytesOf("1"), ttlMs), undefined);
      assert.ok(await b.fill(second, bytesOf("2"), ttlMs));
      assert.equal(textOf(await a.get("k")), "2");
    },
  },
  {
    name: "a lease that isn't renewed goes to another after its time, and the first stores nothing any more",
    async check([a, b], { advance }) {
      const lease = await a.acquire("k", [], 1_500);
      assert.ok(isLease(lease));
      await advance(4_000);
      const second = await leaseOf(b, "k");
      assert.equal(await a.renew(lease, leaseMs), false);
      assert.equal(await a.fill(lease, bytesOf("1"), ttlMs), undefined);
      assert.ok(await b.fill(second, bytesOf("2"), ttlMs));
      assert.equal(textOf(await a.get("k")), "2");
    },
  },
  {
    name: "a lease that is renewed outlives its time",
    async check([a, b], { advance }) {
      const lease = await a.acquire("k", [], 3_000);
      assert.ok(isLease(lease));
      assert.equal(await a.renew(lease, leaseMs), true);
      await advance(5_000);
      assert.equal(await b.acquire("k", [], leaseMs), undefined);
      assert.ok(await a.fill(lease, bytesOf("1"), ttlMs));
    },
  },
  {
    name: "who has another token than the holder of the lease can neither renew, fill nor release",
    async check([a, b]) {
      const lease = await leaseOf(a, "k");
      const forged = { ...lease, token: `${lease.token}x` };
      assert.equal(await b.renew(forged, leaseMs), false);
      assert.equal(await b.fill(forged, bytesOf("forged"), ttlMs), undefined);
      await b.release(forged);
      assert.equal(await b.acquire("k", [], leaseMs), undefined);
      assert.ok(await a.fill(lease, bytesOf("1"), ttlMs));
    },
  },
  {
    name: "who waits for a lease is woken by its fill, its release, its loss and its time",
    async check([a, b], { advance }) {
      const ends: readonly ((lease: Parameters<typeof a.release>[0]) => Promise<unknown>)[] = [
        (lease) => a.fill(lease, bytesOf("v"), ttlMs),
        (lease) => a.release(lease),
        () => b.delete(["k"]),
        () => b.deleteByTag(["t"]),
        () => b.clear(),
        () => advance(4_000),
      ];
      for (const [i, end] of ends.entries()) {
        await b.delete(["k"]);
        await a.catchUp(b.token());
        const lease = await a.acquire("k", ["t"], i === ends.length - 1 ? 1_500 : leaseMs);
        assert.ok(isLease(lease));
        const ended = b.leaseEnded("k", leaseMs);
        await end(lease);
        await ended;
      }
    },
  },
  {
    name: "who waits for a lease stops at once when told to, and after the time that was given",
    async check([a, b], { advance }) {
      await leaseOf(a, "k");
      const controller = new AbortController();
      const ended = b.leaseEnded("k", leaseMs, controller.signal);
      controller.abort();
      await ended;
      await b.leaseEnded("k", leaseMs, controller.signal);
      const timed = b.leaseEnded("k", 50);
      await advance(60);
      await timed;
      await b.leaseEnded("free", 50).then(() => undefined);
    },
  },
];
