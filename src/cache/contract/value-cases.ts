import assert from "node:assert/strict";
import { bytesOf, type ContractCase, leaseMs, leaseOf, load, tell, textOf, ttlMs } from "./contract-case.ts";

const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i);
const values: readonly Uint8Array[] = [
  new Uint8Array(0),
  Uint8Array.of(0),
  allBytes,
  bytesOf("\r\nEND\r\n"),
  new Uint8Array(2 ** 20 - 1024).fill(0xff),
  Uint8Array.from({ length: 300_000 }, (_, i) => i * 7),
];

const oddKeys: readonly string[] = [
  "",
  " ",
  "a b",
  "k".repeat(1000),
  "k".repeat(999),
  "ключ-鍵-🔑",
  "{",
  "}",
  "{}",
  "{a}b",
  "a{b}c{d}",
  "line\nbreak",
  "carriage\r\nreturn",
  "\u0000",
  "*",
  "a:b",
  "a::b",
  "%20",
  '"quoted"',
  "__proto__",
];

/** Of values, keys, and the end. */
export const valueCases: readonly ContractCase[] = [
  {
    name: "a key that was never stored is absent",
    async check([a]) {
      assert.equal(await a.get("k"), undefined);
    },
  },
  {
    name: "what one node loaded, all nodes read, byte for byte",
    async check([a, b]) {
      for (const [i, bytes] of values.entries()) {
        const stamp = await a.fill(await leaseOf(a, `k${i}`), bytes, ttlMs);
        assert.equal(stamp?.key, `k${i}`);
        for (const tier of [a, b]) {
          const entry = await tier.get(`k${i}`);
          assert.ok(entry && Buffer.from(bytes).equals(entry.bytes), `value ${i} of ${bytes.length} bytes`);
          assert.equal(entry.stamp.key, `k${i}`);
        }
      }
    },
  },
  {
    name: "bytes that change after they were handed over stay as they were",
    async check([a, b]) {
      const bytes = bytesOf("before");
      const stored = a.fill(await leaseOf(a, "k"), bytes, ttlMs);
      await stored;
      bytes.fill(0);
      assert.equal(textOf(await b.get("k")), "before");
    },
  },
  {
    name: "every text is a key, and none is another's",
    async check([a, b]) {
      await Promise.all(oddKeys.map((key, i) => load(a, key, `value ${i}`)));
      for (const [i, key] of oddKeys.entries())
        assert.equal(textOf(await b.get(key)), `value ${i}`, JSON.stringify(key));
      await b.delete([oddKeys[3]!, ""]);
      await tell(b, a);
      for (const [i, key] of oddKeys.entries())
        assert.equal(
          textOf(await a.get(key)),
          i === 0 || i === 3 ? undefined : `value ${i}`,
          JSON.stringify(key),
        );
    },
  },
  {
    name: "every text is a tag, and none is another's, nor a key",
    async check([a, b]) {
      for (const [i, tag] of oddKeys.entries()) await load(a, `k${i}`, `value ${i}`, [tag]);
      await load(a, "{a}b", "of the key alone");
      await b.deleteByTag(["{a}b", "\n"]);
      await tell(b, a);
      for (const [i, tag] of oddKeys.entries())
        assert.equal(
          textOf(await a.get(`k${i}`)),
          tag === "{a}b" ? undefined : `value ${i}`,
          JSON.stringify(tag),
        );
      assert.equal(textOf(await a.get("{a}b")), "of the key alone");
    },
  },
  {
    name: "many keys of one tick are answered each by its own",
    async check([a, b]) {
      const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
      await Promise.all(keys.map((key) => load(a, key, `of ${key}`, [`tag of ${key}`])));
      const entries = await Promise.all(keys.map((key) => b.get(key)));
      assert.deepEqual(
        entries.map(textOf),
        keys.map((key) => `of ${key}`),
      );
    },
  },
  {
    name: "a value is gone after its time",
    async check([a, b], { advance }) {
      await a.fill(await leaseOf(a, "filled"), bytesOf("v"), 1_500);
      await advance(4_000);
      assert.equal(await b.get("filled"), undefined);
    },
  },
  {
    name: "what was read before its tag was forgotten is absent afterwards, and so is all with the same tags",
    async check([a, b]) {
      for (const key of ["read", "read too", "not read"]) await load(a, key, key, ["t", "u"]);
      // Twice, since a tier may remember what it found the first time.
      for (const key of ["read", "read too", "read"]) assert.equal(textOf(await b.get(key)), key);
      await a.deleteByTag(["u"]);
      await tell(a, b);
      for (const key of ["read", "read too", "not read"]) assert.equal(await b.get(key), undefined, key);
    },
  },
  {
    name: "to forget and load a key again puts the newer value in place, with its own tags",
    async check([a, b]) {
      await load(a, "k", "1", ["t"]);
      await b.delete(["k"]);
      await load(b, "k", "2");
      await tell(b, a);
      assert.equal(textOf(await a.get("k")), "2");
      await a.deleteByTag(["t"]);
      await tell(a, b);
      assert.equal(textOf(await b.get("k")), "2", "the newer value doesn't carry the tag");
    },
  },
  {
    name: "the fleet's clock is a finite number that doesn't go back",
    async check([a]) {
      const before = a.now();
      await a.get("k");
      assert.ok(Number.isFinite(before) && a.now() >= before);
    },
  },
  {
    name: "a tier has a name and metrics",
    async check([a]) {
      assert.match(a.name, /^[a-z][a-z0-9-]*$/);
      for (const { name, labels } of a.collect()) assert.ok(name !== "" && typeof labels === "object");
    },
  },
  {
    name: "a closed tier rejects, vouches for nothing, and closes again",
    async check([a, b]) {
      const stamp = await load(a, "k", "v");
      const lease = await leaseOf(a, "other");
      await a.close();
      await a.close();
      assert.equal(a.isConnected, false);
      assert.equal(await a.isCurrent(stamp), false);
      const closed = { code: "VICTOR_CACHE_TIER", reason: "closed" };
      for (const call of [
        () => a.get("k"),
        () => a.acquire("k", [], leaseMs),
        () => a.renew(lease, leaseMs),
        () => a.fill(lease, bytesOf("v"), ttlMs),
        () => a.release(lease),
        () => a.delete(["k"]),
        () => a.deleteByTag(["t"]),
        () => a.clear(),
        () => a.catchUp(b.token()),
      ])
        await assert.rejects(call(), closed);
      await a.leaseEnded("other", leaseMs);
      assert.equal(textOf(await b.get("k")), "v");
    },
  },
];
