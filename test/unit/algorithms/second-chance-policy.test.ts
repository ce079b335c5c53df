import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryTable } from "../../../src/algorithms/entry-table.ts";
import { SecondChancePolicy } from "../../../src/algorithms/second-chance-policy.ts";

/** Entries with numbers as keys, and their policy. */
function create() {
  const table: EntryTable<number, null> = new EntryTable(1, (lastSlot) => policy.grown(lastSlot));
  const policy: SecondChancePolicy = new SecondChancePolicy(table as EntryTable<unknown, unknown>);
  return {
    policy,
    add: (...keys: number[]) => {
      for (const key of keys) policy.added(table.insert(key, null, 1000));
    },
    use: (...keys: number[]) => {
      for (const key of keys) policy.used(table.find(key));
    },
    remove: (key: number) => {
      const slot = table.find(key);
      policy.removed(slot);
      table.remove(slot);
    },
    evict: () => {
      const slot = policy.victim();
      const key = table.keyOf(slot);
      policy.removed(slot);
      table.remove(slot);
      return key;
    },
    order: () => Array.from(policy.slots(), (slot) => table.keyOf(slot)),
  };
}

describe("SecondChancePolicy", () => {
  test("evicts in order of arrival where nothing is used", () => {
    const { add, evict } = create();
    add(1, 2, 3, 4);
    expect([evict(), evict(), evict()]).toEqual([1, 2, 3]);
  });

  test("gives what was used one more turn, at the end of the line", () => {
    const { add, use, evict, order } = create();
    add(1, 2, 3, 4);
    use(1, 2);
    expect([evict(), order()]).toEqual([3, [2, 1, 4]]);
    add(5);
    expect([evict(), evict(), evict()]).toEqual([4, 1, 2]);
  });

  test("the one just added is the last to go, though all others are in use", () => {
    const { add, use, evict } = create();
    add(1, 2, 3);
    use(1, 2, 3);
    add(4);
    expect([evict(), evict(), evict(), evict()]).toEqual([1, 2, 3, 4]);
  });

  test("a sole entry goes when it must", () => {
    const { add, evict } = create();
    add(1);
    expect(evict()).toBe(1);
  });

  test("spares 32 at most for one that leaves, however many are in use", () => {
    const { add, use, evict, order } = create();
    const keys = Array.from({ length: 1000 }, (_, i) => i);
    add(...keys);
    use(...keys);
    expect(evict()).toBe(32);
    expect(order().slice(0, 32)).toEqual(Array.from({ length: 32 }, (_, i) => 31 - i));
    expect(order()).toHaveLength(999);
  });

  test("does as a plain line of keys and a set of those in use", () => {
    const command = fc.record({
      what: fc.constantFrom("add", "use", "use", "remove", "evict"),
      which: fc.nat(1000),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 300, size: "max" }), (commands) => {
        const real = create();
        const line: number[] = [];
        const used = new Set<number>();
        let next = 0;
        let newcomer = -1;
        for (const { what, which } of commands) {
          const key = line[which % Math.max(1, line.length)];
          if (what === "add") {
            real.add(next);
            line.push(next);
            newcomer = next++;
          } else if (key === undefined) continue;
          else if (what === "use") {
            real.use(key);
            used.add(key);
          } else if (what === "remove") {
            real.remove(key);
            used.delete(key);
            line.splice(line.indexOf(key), 1);
          } else {
            for (let spared = 0; ; spared++) {
              const first = line.shift()!;
              const isNew = first === newcomer;
              if (isNew) newcomer = -1;
              if (!isNew && (!used.has(first) || spared === 32)) {
                used.delete(first);
                expect(real.evict()).toBe(first);
                break;
              }
              used.delete(first);
              line.push(first);
            }
          }
          expect(real.order()).toEqual(line.toReversed());
        }
      }),
      { numRuns: 300 },
    );
  });
});
