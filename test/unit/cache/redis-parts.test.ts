import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeHead, encodeHead, entryIdLength } from "../../../src/cache/redis/entry-format.ts";
import { Generations } from "../../../src/cache/redis/generations.ts";
import { KeyNames, wellFormed } from "../../../src/cache/redis/key-names.ts";
import { resolveRedisOptions } from "../../../src/cache/redis/options.ts";
import { slotOf } from "../../../src/cache/redis/slot.ts";
import { Watches } from "../../../src/cache/redis/watches.ts";
import { WriterMarks } from "../../../src/cache/redis/writer-marks.ts";

const anyText = fc.string({ unit: "binary" });
const names = new KeyNames("victor", "default");

test("what everything depends on is remembered, however many tags come by", async () => {
  const generations = new Generations(16, "root", async ({ name }) => `of ${name}`);
  const tag = await generations.read("tag 0");
  const root = await generations.read("root");
  for (let i = 1; i < 100; i++) await generations.read(`tag ${i}`);
  expect(root.isAlive).toBe(true);
  expect(generations.known("root")).toBe(root);
  expect(tag.isAlive).toBe(false);
  expect(Array.from({ length: 100 }, (_, i) => generations.known(`tag ${i}`)).filter(Boolean)).toHaveLength(
    15,
  );
});

test("slots are those of the specification", () => {
  expect(slotOf("123456789")).toBe(0x31c3);
  expect(slotOf("{user1000}.following")).toBe(slotOf("{user1000}.followers"));
  expect(slotOf("foo{}{bar}")).not.toBe(slotOf("bar"));
  expect(slotOf("foo{{bar}}zap")).toBe(slotOf("{bar"));
});

test("the value and the lease of a key share a slot, whatever the key holds", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.string({ unit: fc.constantFrom("{", "}", "a") })), (key) => {
      expect(slotOf(names.value(key))).toBe(slotOf(names.lease(key)));
    }),
  );
});

test("different texts have different names, lone surrogates included", () => {
  const unit = fc.constantFrom("a", "\u0000", "\ud800", "\udc00", ";", "d", "8", "0");
  fc.assert(
    fc.property(fc.string({ unit }), fc.string({ unit }), (a, b) => {
      expect(Buffer.from(wellFormed(a)).equals(Buffer.from(wellFormed(b)))).toBe(a === b);
    }),
    { numRuns: 2000 },
  );
});

test("a head is read as it was written, and a shortened one isn't read", () => {
  const tag = fc.record({
    tag: anyText.map(wellFormed),
    generation: fc.string({ unit: fc.constantFrom("a", "@", "-") }),
  });
  fc.assert(
    fc.property(fc.array(tag, { maxLength: 5 }), fc.uint8Array({ maxLength: 20 }), (tags, payload) => {
      const id = "i".repeat(entryIdLength);
      const head = encodeHead("some root", id, tags);
      expect(decodeHead(Buffer.concat([head, payload]))).toEqual({
        root: "some root",
        id,
        tags,
        length: head.length,
      });
      for (let length = 0; length < head.length; length++)
        expect(decodeHead(head.subarray(0, length))).toBeUndefined();
    }),
  );
});

test("what is watched stays bounded, and what is given up is told", () => {
  const forgotten: string[] = [];
  const watches = new Watches(2, (key) => forgotten.push(key));
  const first = watches.of("a", "A");
  watches.of("b", "B");
  watches.of("c", "C");
  expect([watches.size, first.isAlive, forgotten]).toEqual([2, false, ["A"]]);
});

test("a token of another process is known once it was caught up with, and one that is none never", () => {
  const [here, there] = [new WriterMarks(), new WriterMarks()];
  there.forgot();
  const token = there.token();
  expect(here.knows(token)).toBe(false);
  here.learn(token);
  expect(here.knows(token)).toBe(true);
  there.forgot();
  expect(here.knows(there.token())).toBe(false);
  here.learn("nonsense");
  expect(here.knows("nonsense")).toBe(false);
});

test("options are checked, and one place is asked for", () => {
  expect(() => resolveRedisOptions({})).toThrow("expected one of url, cluster and sentinel, got 0");
  const url = "redis://host";
  expect(() => resolveRedisOptions({ url, trustMs: 100, heartbeatMs: 200 })).toThrow("trustMs: expected");
  expect(() => resolveRedisOptions({ url, namespace: "{a}" })).toThrow("without braces");
  expect(() => resolveRedisOptions({ cluster: { nodes: ["redis://host/1"] } })).toThrow("0 in a cluster");
  const { place } = resolveRedisOptions({ url: "rediss://u:p%40@[::1]:1/2" });
  expect(place).toEqual({
    kind: "single",
    address: { host: "::1", port: 1 },
    login: { username: "u", password: "p@", database: 2, tls: {} },
  });
});
