import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryTable } from "../../../src/algorithms/entry-table.ts";
import { oddKeys } from "../../support/odd-keys.ts";

/** A table beside a Map of the same. */
class Pair<K> {
  readonly slots = new Map<K, number>();
  readonly grownTo: number[] = [];
  readonly table: EntryTable<K, number>;
  readonly #most: number;
  readonly #taken = new Set<number>();
  #nextValue = 0;

  constructor(lists: number, most: number, remembers = false) {
    this.table = new EntryTable(lists, (lastSlot) => this.grownTo.push(lastSlot), undefined, remembers);
    this.#most = most;
  }

  /** Puts `key` in, or finds it there. */
  put(key: K): void {
    const slot = this.table.find(key);
    if (slot !== (this.slots.get(key) ?? 0)) expect(slot).toBe(this.slots.get(key) ?? 0);
    if (slot !== 0) return;
    if (this.slots.size === this.#most) this.drop([...this.slots.keys()][0]!);
    const value = this.#nextValue++;
    const added = this.table.insert(key, value, this.#most);
    if (added > this.table.lastSlot || this.#taken.has(added) || this.table.valueOf(added) !== value)
      expect.fail(`slot ${added} of ${this.table.lastSlot} isn't free, or holds another value`);
    this.#taken.add(added);
    this.slots.set(key, added);
  }

  drop(key: K): void {
    const slot = this.table.find(key);
    if (slot !== (this.slots.get(key) ?? 0)) expect(slot).toBe(this.slots.get(key) ?? 0);
    if (slot === 0) return;
    this.table.remove(slot);
    this.slots.delete(key);
    this.#taken.delete(slot);
    if (this.table.find(key) !== 0) expect(this.table.find(key)).toBe(0);
  }

  check(absent: Iterable<K> = []): void {
    expect(this.table.size).toBe(this.slots.size);
    for (const [key, slot] of this.slots) {
      if (this.table.find(key) !== slot) expect(this.table.find(key), String(key)).toBe(slot);
      if (!Object.is(this.table.keyOf(slot), key)) expect(this.table.keyOf(slot)).toBe(key);
    }
    for (const key of absent)
      if (!this.slots.has(key) && this.table.find(key) !== 0) expect.fail(`${String(key)} is there`);
  }
}

/** Strings that differ in their first units alone. */
const alikeAtTheEnd = (count: number, shared: number) =>
  Array.from({ length: count }, (_, i) => `${i.toString(36).padStart(4, "-")}${"z".repeat(shared)}`);

const distinctHashes = (table: Pick<EntryTable<string, unknown>, "links">, slots: Iterable<number>) =>
  new Set(Array.from(slots, (slot) => table.links[slot << 2])).size;

describe("EntryTable", () => {
  test("finds what a Map finds, for keys of every kind, however they come and go", () => {
    const step = fc.record({ isDrop: fc.boolean(), key: fc.nat(oddKeys.length - 1) });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 120, size: "max" }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        (steps, lists, most, remembers) => {
          const pair = new Pair<unknown>(lists, most, remembers);
          for (const { isDrop, key } of steps) {
            if (isDrop) pair.drop(oddKeys[key]!());
            else pair.put(oddKeys[key]!());
          }
          pair.check(oddKeys.map((make) => make()));
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([0, 4, 8, 16, 28, 32, 60, 64, 200])(
    "finds each of 500 strings that share their last %i units, though it has to hash more",
    (shared) => {
      const pair = new Pair<string>(1, 1000);
      const keys = alikeAtTheEnd(500, shared);
      for (const [i, key] of keys.entries()) {
        pair.put(key);
        if (i % 50 === 0) pair.check(keys);
      }
      for (const key of keys.filter((_, i) => i % 3 === 0)) pair.drop(key);
      pair.check(keys);
      for (const key of keys) pair.put(key);
      pair.check(alikeAtTheEnd(600, shared));
      // As far as it hashes strings at all, it tells them apart by now.
      if (shared <= 28) expect(distinctHashes(pair.table, pair.slots.values())).toBeGreaterThan(490);
    },
  );

  test("goes on finding all that it holds when the strings share more and more", () => {
    const pair = new Pair<unknown>(2, 5000);
    const others = [0, -1, 2 ** 40, Number.NaN, null, undefined, {}, 7n, "", "short"];
    for (const key of others) pair.put(key);
    const families = [8, 16, 32, 64].map((shared) => alikeAtTheEnd(150, shared));
    for (const family of families) {
      for (const key of family) pair.put(key);
      pair.check(families.flat());
    }
    for (const key of [...families[1]!, ...families[3]!, ...others]) pair.drop(key);
    pair.check([...families.flat(), ...others]);
    for (const key of [...others, ...families.flat()]) pair.put(key);
    pair.check();
    for (const key of [...pair.slots.keys()]) pair.drop(key);
    pair.check([...families.flat(), ...others]);
  });

  test("does so in any mixture and order", () => {
    const step = fc.record({
      isDrop: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
      shared: fc.constantFrom(0, 8, 16, 31, 32, 33, 64),
      from: fc.nat(60),
      count: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 30, size: "max" }), (steps) => {
        const pair = new Pair<string | undefined>(1, 200);
        for (const { isDrop, shared, from, count } of steps)
          for (const key of alikeAtTheEnd(from + count, shared).slice(from))
            if (isDrop) pair.drop(key);
            else pair.put(key);
        const absent = [0, 8, 16, 31, 32, 33, 64].flatMap((shared) => alikeAtTheEnd(100, shared));
        pair.check([...absent, undefined]);
      }),
      { numRuns: 60 },
    );
  });

  test("takes only slots that are free, the lists' own excepted, and grows no further than it is told", () => {
    const pair = new Pair<number>(3, 100);
    for (let key = 0; key < 1000; key++) pair.put(key);
    pair.check();
    expect(Math.min(...pair.slots.values())).toBeGreaterThanOrEqual(3);
    expect(pair.table.lastSlot).toBe(102);
    expect(pair.grownTo.at(-1)).toBe(102);
    expect(pair.grownTo).toEqual([...pair.grownTo].toSorted((a, b) => a - b));
    expect(new Set(pair.slots.values()).size).toBe(100);
  });

  test("grows by one when it holds as many as it was told to, and more come all the same", () => {
    const table = new EntryTable<number, number>(1, () => undefined);
    for (let key = 0; key < 100; key++) table.insert(key, key, 10);
    expect(table.size).toBe(100);
    for (let key = 0; key < 100; key++) expect(table.valueOf(table.find(key))).toBe(key);
  });

  test("doesn't take a key that was missed for another, whatever happens in between", () => {
    const table = new EntryTable<unknown, number>(1, () => undefined);
    expect(table.find("a")).toBe(0);
    const b = table.insert("b", 2, 9);
    const a = table.insert("a", 1, 9);
    expect([table.find("a"), table.find("b")]).toEqual([a, b]);
    expect(table.findAgain("a")).toBe(a);
    table.remove(a);
    expect(table.findAgain("a")).toBe(0);
    expect([table.find(0), table.findAgain(-0), table.findAgain("0")]).toEqual([0, 0, 0]);
    const undefinedSlot = table.insert(undefined, 3, 9);
    expect(table.findAgain(undefined)).toBe(undefinedSlot);
    const nan = table.insert(Number.NaN, 4, 9);
    expect(table.findAgain(Number.NaN)).toBe(nan);
  });

  test("takes no free slot for an entry when it hashes more, nor forgets a key that it has just missed", () => {
    const table = new EntryTable<string | undefined, number>(1, () => undefined);
    const keys = alikeAtTheEnd(10, 12);
    const slots = keys.map((key) => table.insert(key, 0, 100));
    for (const slot of slots.splice(0, 2)) table.remove(slot);
    const missed = "another one, and long enough";
    expect(table.find(missed)).toBe(0);
    expect(distinctHashes(table, slots)).toBe(1);
    for (const [i, slot] of slots.entries()) expect(table.find(keys[i + 2]!)).toBe(slot);
    expect(distinctHashes(table, slots)).toBe(slots.length);
    const added = table.insert(missed, 1, 100);
    expect([table.find(missed), table.find(undefined), table.find(keys[0]!)]).toEqual([added, 0, 0]);
  });

  test("gives the policy's hash of keys that it doesn't hash itself", () => {
    const table = new EntryTable<unknown, number>(
      1,
      () => undefined,
      (key) => (key === null ? 77 : 78),
    );
    expect(table.links[table.insert(null, 1, 9) << 2]).toBe(77);
    expect(table.links[table.insert({}, 1, 9) << 2]).toBe(78);
  });
});
