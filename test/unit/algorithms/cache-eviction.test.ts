import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { EvictionReason } from "../../../src/algorithms/cache.ts";
import { caches } from "../../support/caches.ts";
import { ManualClock } from "../../support/manual-clock.ts";

type Eviction = [key: unknown, value: unknown, reason: EvictionReason];

describe.each(caches)("onEvict of $name", (kind) => {
  const operation = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("set" as const), key: fc.nat(6) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("get" as const), key: fc.nat(6) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), key: fc.nat(6) }) },
    fc.record({ do: fc.constant("clear" as const), key: fc.nat(0) }),
    fc.record({ do: fc.constant("resize" as const), key: fc.nat(5) }),
    fc.record({ do: fc.constant("deleteTag" as const), key: fc.nat(6) }),
    fc.record({ do: fc.constant("cleanupExpired" as const), key: fc.nat(0) }),
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("pass" as const), key: fc.integer({ min: 1, max: 99 }) }),
    },
  );
  const reaction = fc.oneof(
    { weight: 3, arbitrary: fc.constant("nothing" as const) },
    { weight: 1, arbitrary: fc.constant("throw" as const) },
    { weight: 4, arbitrary: operation.filter((each) => each.do !== "pass") },
  );

  test("may do anything with the cache, and may throw: each entry that was set is held or told, once", () => {
    const property = fc.property(
      fc.array(operation, { minLength: 1, maxLength: 40, size: "max" }),
      fc.array(reaction, { minLength: 1, maxLength: 40, size: "max" }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      (operations, reactions, maxSize, weighs) => {
        const clock = new ManualClock();
        const set = new Set<number>();
        const told: number[] = [];
        let nextValue = 0;
        let left = 60;
        let turn = 0;
        let thrown = 0;
        let depth = 0;
        const react = () => {
          const next = reactions[turn++ % reactions.length]!;
          if (left-- <= 0 || depth > 20 || next === "nothing") return;
          if (next === "throw") throw new Error(`${++thrown}`);
          depth++;
          try {
            act(next);
          } finally {
            depth--;
          }
        };
        const act = ({ do: what, key }: { do: string; key: number }) => {
          if (what === "set") {
            const value = nextValue++;
            // It is set, unless it is weigh that throws.
            set.add(value);
            cache.set(key, value, { tags: [`${key % 3}`], ttlMs: 10 * (1 + (value % 5)) });
          } else if (what === "get") cache.get(key);
          else if (what === "delete") cache.delete(key);
          else if (what === "clear") cache.clear();
          else if (what === "resize")
            cache.resize(weighs ? { maxSize: key + 1, maxWeight: key + 1 } : key + 1);
          else if (what === "deleteTag") cache.deleteTag(`${key % 3}`);
          else if (what === "cleanupExpired") cache.cleanupExpired();
          else clock.pass(key);
        };
        const cache = kind.create<number, number>({
          maxSize,
          clock,
          ...(weighs && {
            maxWeight: 4,
            weigh: (_key, value) => {
              try {
                react();
              } catch (error) {
                set.delete(value);
                throw error;
              }
              return 0.5 + (value % 3);
            },
          }),
          onEvict: (_key, value) => {
            told.push(value);
            react();
          },
        });
        for (const each of operations) {
          const before = thrown;
          let error: unknown;
          try {
            act(each);
          } catch (caught) {
            error = caught;
          }
          if (thrown === before) expect(error).toBeUndefined();
          else if (error !== undefined) expect(error).toBeInstanceOf(Error);
          if (error !== undefined) expect(Number((error as Error).message)).toBeGreaterThan(before);
          expect(cache.size).toBeLessThanOrEqual(cache.maxSize);
          expect(cache.weight).toBeLessThanOrEqual(cache.maxWeight);
        }
        left = 0;
        const held = [...cache];
        for (const [key, value] of held) expect(cache.peek(key)).toBe(value);
        cache.clear();
        expect([cache.size, cache.weight, [...cache]]).toEqual([0, 0, []]);
        expect(told.toSorted((a, b) => a - b)).toEqual([...set].toSorted((a, b) => a - b));
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test("is told of all that leaves, though it throws each time, and the first of its errors is thrown", () => {
    const told: Eviction[] = [];
    const cache = kind.create<string, number>({
      maxSize: 4,
      onEvict: (...eviction) => {
        told.push(eviction);
        throw new Error(`${eviction[0]}`);
      },
    });
    cache.set("a", 1).set("b", 2).set("c", 3).set("d", 4);
    const thrownBy = (action: () => void) => {
      try {
        action();
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    };
    expect(thrownBy(() => cache.resize(1))).toBe(told[0]![0]);
    expect([told.length, cache.size]).toEqual([3, 1]);
    expect(thrownBy(() => cache.clear())).toBe(told[3]![0]);
    expect(told.map(([key]) => key).toSorted()).toEqual(["a", "b", "c", "d"]);
    expect([...cache]).toEqual([]);
    cache.set("e", 5);
    expect(() => cache.set("e", 6)).toThrow("e");
    expect(cache.get("e")).toBe(6);
  });

  test("sees the cache as it is after the change", () => {
    const seen: unknown[] = [];
    const cache = kind.create<string, number>({
      maxSize: 2,
      onEvict: (key, value, reason) => seen.push([key, value, reason, cache.peek(key), cache.size]),
    });
    cache.set("a", 1).set("a", 2).set("b", 3);
    cache.delete("a");
    cache.clear();
    expect(seen).toEqual([
      ["a", 1, "replaced", 2, 1],
      ["a", 2, "explicit", undefined, 1],
      ["b", 3, "explicit", undefined, 0],
    ]);
  });

  test("isn't told when the same value is set again", () => {
    const onEvict = vi.fn();
    const cache = kind.create<string, unknown>({ maxSize: 2, onEvict });
    const value = {};
    cache.set("a", value).set("a", value);
    expect(onEvict).not.toHaveBeenCalled();
  });
});
