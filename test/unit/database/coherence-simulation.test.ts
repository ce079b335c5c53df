import { afterEach, describe, expect, test, vi } from "vitest";
import { type Dependency, Generations } from "../../../src/database/cache/generations.ts";
import { WriteSet } from "../../../src/database/cache/write-set.ts";
import { type CoherenceRun, coherenceRun } from "../../support/coherence-run.ts";

const runs = process.env.VICTOR_LONG ? 500_000 : 10_000;
/** Within so many runs every way of breaking the cache below is found. */
const runsToBreak = 500;

type Totals = Omit<CoherenceRun, "stale" | "wrongErrors">;

async function simulate(count: number) {
  const totals: Record<string, number> = {};
  const stale: string[] = [];
  const wrongErrors: string[] = [];
  for (let seed = 0; seed < count; seed++) {
    const { stale: old, wrongErrors: wrong, ...counts } = await coherenceRun(seed);
    for (const [name, value] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + value;
    stale.push(...old.map((each) => `seed ${seed}: ${each}`));
    wrongErrors.push(...wrong.map((each) => `seed ${seed}: ${each}`));
  }
  return { stale, wrongErrors, totals: totals as unknown as Totals };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("The cache, over simulated nodes and a virtual scheduler,", () => {
  test(`serves no stale read in ${runs} adversarial interleavings`, { timeout: 1_200_000 }, async () => {
    const { stale, wrongErrors, totals } = await simulate(runs);
    console.log(JSON.stringify({ interleavings: runs, staleReads: stale.length, ...totals }));
    expect(stale).toEqual([]);
    expect(wrongErrors).toEqual([]);
    // A cache that never answers is never stale: everything that can go wrong must have come up.
    expect(totals.hits / totals.reads).toBeGreaterThan(0.2);
    for (const [name, count] of Object.entries(totals)) expect(count, name).toBeGreaterThan(runs / 10);
  });

  const breakages: Record<string, () => void> = {
    "generations are not compared": () => {
      vi.spyOn(Generations.prototype, "isCurrent").mockReturnValue(true);
    },
    "generations are noted when a load ends instead of before it starts": () => {
      const note = Generations.prototype.dependency;
      vi.spyOn(Generations.prototype, "dependency").mockImplementation(function (this: Generations, ...args) {
        const { cells } = note.apply(this, args);
        let sum: number | undefined;
        return {
          cells,
          get sum() {
            sum ??= cells.reduce((total, cell) => total + cell.count, 0);
            return sum;
          },
        } satisfies Dependency;
      });
    },
    "a transaction's and a statement's own writes are not applied": () => {
      vi.spyOn(WriteSet.prototype, "apply").mockReturnValue();
    },
    "writes to whole tables, and notices of other nodes, are lost": () => {
      const write = Generations.prototype.table;
      vi.spyOn(Generations.prototype, "table").mockImplementation(function (this: Generations, ...args) {
        if (args[1] !== undefined) write.apply(this, args);
      });
    },
    "a write of one column makes nothing void that reads which rows there are": () => {
      const write = Generations.prototype.table;
      vi.spyOn(Generations.prototype, "table").mockImplementation(function (this: Generations, name, key) {
        write.call(this, name, key, ["value"]);
      });
    },
    "a write of one column makes void only what reads which rows there are": () => {
      const write = Generations.prototype.table;
      vi.spyOn(Generations.prototype, "table").mockImplementation(function (
        this: Generations,
        name,
        key,
        columns,
      ) {
        write.call(this, name, key, columns && []);
      });
    },
    "a row that is written makes only that row void": () => {
      const note = Generations.prototype.dependency;
      const rows = new WeakMap<Generations, Map<string, Dependency["cells"][number] & { count: number }>>();
      vi.spyOn(Generations.prototype, "dependency").mockImplementation(function (this: Generations, ...args) {
        const [facts, params] = args;
        const dependency = note.apply(this, args);
        if (facts.point === undefined) return dependency;
        const cells = rows.get(this) ?? new Map();
        rows.set(this, cells);
        const key = `${facts.point.table} ${params[0]}`;
        const cell = cells.get(key) ?? { count: 0 };
        cells.set(key, cell);
        return { cells: [...dependency.cells, cell], sum: dependency.sum + cell.count };
      });
      const write = Generations.prototype.table;
      vi.spyOn(Generations.prototype, "table").mockImplementation(function (this: Generations, ...args) {
        const [table, key] = args;
        if (key === undefined) write.apply(this, args);
        const cell = rows.get(this)?.get(`${table} ${key}`);
        if (cell) cell.count++;
      });
    },
  };
  test.each(Object.entries(breakages))("is caught serving stale reads when %s", async (_name, breakIt) => {
    breakIt();
    const { stale } = await simulate(runsToBreak);
    console.log(`${stale.length} stale reads in ${runsToBreak} interleavings`);
    expect(stale.length).toBeGreaterThan(0);
  });

  test("runs the same way again from the same seed", async () => {
    expect(await coherenceRun(7)).toEqual(await coherenceRun(7));
  });
});
