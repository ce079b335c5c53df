import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { seededRandom } from "../../../src/measure/index.ts";
import { hostileKeys } from "../../support/hostile-keys.ts";

type Table = import("../../../src/algorithms/entry-table.ts").EntryTable<string | number, number>;

const count = 1024;
const secrets = 30;

/** Tables whose hashes have one of a few known secrets, each as good as any. */
const tables: (() => Table)[] = [];

beforeAll(async () => {
  for (let seed = 1; seed <= secrets; seed++) {
    const random = seededRandom(seed);
    vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
      const integers = array as Int32Array;
      for (let i = 0; i < integers.length; i++) integers[i] = random() * 2 ** 32;
      return array;
    });
    vi.resetModules();
    const { EntryTable } = await import("../../../src/algorithms/entry-table.ts");
    tables.push(() => new EntryTable(1, () => undefined));
  }
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe("a look-up takes few steps, whatever the secret, for", () => {
  test.each(Object.entries(hostileKeys))("%s", (_name, make) => {
    const keys = make(count);
    expect(new Set(keys).size).toBe(count);
    for (const create of tables) {
      const table = create();
      const slots = keys.map((key, i) => {
        if (table.find(key) !== 0) expect.fail(`${key} is there`);
        return table.insert(key, i, count);
      });
      // A second round, since look-ups show what insertions don't.
      for (const [i, key] of keys.entries())
        if (table.find(key) !== slots[i]) expect.fail(`${key} isn't there`);
      // V8's own hash, which is seeded, serves long strings that are too much alike.
      if (typeof keys.at(-1) === "string" && `${keys.at(-1)}`.length > 32 && leavesToMap(table)) continue;
      const all = steps(table, slots);
      expect(all.length).toBe(count);
      expect(mean(all)).toBeLessThan(2);
      expect(Math.max(...all)).toBeLessThan(20);
    }
  });
});

/** How many entries a look-up of each key compares: its own, and those chained before it. */
function steps(table: Table, slots: readonly number[]): number[] {
  const next = (slot: number) => table.links[(slot << 2) + 1]!;
  const followers = new Set(slots.map(next));
  const all: number[] = [];
  for (const first of slots)
    if (!followers.has(first)) for (let slot = first, n = 1; slot !== 0; slot = next(slot)) all.push(n++);
  return all;
}

/** Does the table no longer hash long strings? A slot that was never used shows it: no hash is written there. */
function leavesToMap(table: Table): boolean {
  return table.links[table.insert(`probe ${"x".repeat(32)}`, 0, 2 * count) << 2] === 0;
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
