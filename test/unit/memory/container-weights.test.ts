import { expect, test } from "vitest";
import { AlgorithmOptimizer, LruCache, TimedCache } from "../../../src/algorithms/index.ts";
import { estimateBytes, estimateContainer, estimateContainers } from "../../../src/memory/index.ts";

const row = (i: number) => ({ id: i, name: `a name of some length ${String(i).padStart(6, "0")}` });
const keyOf = (i: number) => `key of entry ${String(i).padStart(6, "0")}`;
const entryBytes = estimateBytes(keyOf(1)) + estimateBytes(row(1));

test("a cache weighs its keys, its values and its own table", () => {
  const cache = new LruCache<string, object>({ maxSize: 100 });
  for (let i = 0; i < 50; i++) cache.set(keyOf(i), row(i));
  const weight = estimateContainer(cache);
  expect(weight).toMatchObject({ entries: 50, sampled: 50 });
  expect(weight.bytesPerEntry).toBe(entryBytes + 38);
  expect(weight.bytes).toBe(Math.round(50 * weight.bytesPerEntry));
});

test("of many entries some are looked at, spread over all", () => {
  const all = new Map(Array.from({ length: 10_000 }, (_, i) => [keyOf(i), row(i)]));
  const weight = estimateContainer(all, { maxSamples: 100 });
  expect(weight).toMatchObject({ entries: 10_000, sampled: 100 });
  expect(weight.bytesPerEntry).toBe(entryBytes + 37);
});

test("what is empty weighs nothing", () => {
  const none = { entries: 0, bytes: 0, bytesPerEntry: 0, sampled: 0 };
  expect(estimateContainer(new Map())).toEqual(none);
  expect(estimateContainer(new TimedCache({ maxSize: 5, ttlMs: 1000 }))).toEqual(none);
});

test("an optimizer's caches and filters are weighed by name", () => {
  using algorithms = new AlgorithmOptimizer();
  algorithms.createLruCache<string, object>("users", { maxSize: 10 }).set(keyOf(1), row(1));
  algorithms.createBloomFilter("seen", { expectedItems: 10_000, falsePositiveRate: 0.01 }).add("x");
  const { users, seen } = estimateContainers(algorithms);
  expect(users).toMatchObject({ entries: 1, bytes: entryBytes + 38 });
  expect(seen?.entries).toBe(1);
  expect(seen?.bytes).toBe(algorithms.getFilterStats().seen?.sizeBytes);
});

test("wrong options are refused by name", () => {
  expect(() => estimateContainer(new Map(), { maxSamples: 0 })).toThrow(
    "maxSamples: expected an integer ≥ 1",
  );
});
