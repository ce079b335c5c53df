import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Generations } from "../../../src/database/cache/generations.ts";
import type { StatementFacts } from "../../../src/database/statement-facts.ts";

const point = (table: string) => ({
  table,
  param: 0,
  canonicalKey: (value: unknown) => (typeof value === "number" ? String(value) : undefined),
});
const read = (...reads: string[]): StatementFacts => ({ kind: "read", reads, writes: [], cacheable: true });
const pointRead = (table: string): StatementFacts => ({ ...read(table), point: point(table) });
const write = (...writes: string[]): StatementFacts => ({
  kind: "write",
  reads: [],
  writes,
  cacheable: false,
});
const pointWrite = (table: string, ...others: string[]): StatementFacts => ({
  ...write(table, ...others),
  point: point(table),
});
const unknown: StatementFacts = { kind: "write", reads: [], writes: "all", cacheable: false };
const ddl: StatementFacts = { kind: "ddl", reads: [], writes: "all", cacheable: false };

describe("Generations", () => {
  const dependents: [string, StatementFacts, unknown[]][] = [
    ["all of a", read("a"), []],
    ["row 1 of a", pointRead("a"), [1]],
    ["row 2 of a", pointRead("a"), [2]],
    ["a row of a by a key without canonical form", pointRead("a"), ["x"]],
    ["b", read("b"), []],
    ["a and b", read("a", "b"), []],
    ["nothing", read(), []],
  ];
  const all = dependents.map(([name]) => name);
  const ofA = all.filter((name) => name.includes("a") && name !== "nothing");
  const cases: [string, (generations: Generations) => void, string[]][] = [
    ["a write to a", (g) => g.write(write("a"), []), ofA],
    [
      "a write to row 1 of a",
      (g) => g.write(pointWrite("a"), [1]),
      ofA.filter((name) => name !== "row 2 of a"),
    ],
    ["a write to a row of a whose key has no canonical form", (g) => g.write(pointWrite("a"), [{}]), ofA],
    [
      "a write to a row of b that fires a trigger on a",
      (g) => g.write(pointWrite("b", "a"), [1]),
      [...ofA, "b"],
    ],
    ["a write to b", (g) => g.write(write("b"), []), ["b", "a and b"]],
    ["a write to both", (g) => g.write(write("a", "b"), []), [...ofA, "b"]],
    ["a write to nobody knows what", (g) => g.write(unknown, []), all],
    ["a change of the schema", (g) => g.write(ddl, []), all],
    ["a row told of", (g) => g.table("a", "2", undefined), ofA.filter((name) => name !== "row 1 of a")],
    ["tables told of", (g) => g.tables(["a"]), ofA],
    ["everything told of", (g) => g.everything(), all],
    ["a schema change told of", (g) => g.schema(), all],
    ["a write to another table", (g) => g.write(write("c"), []), []],
    ["a read", (g) => g.write(read("a"), []), []],
  ];
  test.each(cases)("%s makes void what depends on it, and nothing else", (_name, change, expected) => {
    const generations = new Generations();
    const taken = dependents.map(([name, facts, params]) => ({
      name,
      dependency: generations.dependency(facts, params),
    }));
    expect(taken.every(({ dependency }) => generations.isCurrent(dependency))).toBe(true);
    change(generations);
    const gone = taken.filter(({ dependency }) => !generations.isCurrent(dependency)).map(({ name }) => name);
    expect(gone.sort()).toEqual([...new Set(expected)].sort());
    // What is taken now is current again.
    for (const [, facts, params] of dependents)
      expect(generations.isCurrent(generations.dependency(facts, params))).toBe(true);
  });

  test("never takes a dependency for current that a write has touched, however small its bounds", () => {
    const table = fc.constantFrom("a", "b", "c", "d");
    const key = fc.integer({ min: 1, max: 4 });
    const step = fc.oneof(
      fc.record({ do: fc.constant("read" as const), tables: fc.uniqueArray(table, { minLength: 1 }) }),
      fc.record({ do: fc.constant("pointRead" as const), table, key }),
      fc.record({ do: fc.constant("write" as const), tables: fc.uniqueArray(table, { minLength: 1 }) }),
      fc.record({ do: fc.constant("pointWrite" as const), table, key, also: fc.uniqueArray(table) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(1, 2, 16_384),
        fc.array(step, { maxLength: 40 }),
        (maxTables, rowsPerTable, steps) => {
          const generations = new Generations({ maxTables, rowsPerTable });
          const taken: {
            dependency: ReturnType<Generations["dependency"]>;
            tables: string[];
            row?: [string, number];
            void: boolean;
          }[] = [];
          for (const each of steps) {
            if (each.do === "read") {
              const dependency = generations.dependency(read(...each.tables), []);
              taken.push({ dependency, tables: each.tables, void: false });
            } else if (each.do === "pointRead") {
              const dependency = generations.dependency(pointRead(each.table), [each.key]);
              taken.push({ dependency, tables: [each.table], row: [each.table, each.key], void: false });
            } else {
              const whole =
                each.do === "write" ? each.tables : each.also.filter((name) => name !== each.table);
              if (each.do === "write") generations.write(write(...whole), []);
              else generations.write(pointWrite(each.table, ...whole), [each.key]);
              for (const one of taken) {
                if (one.tables.some((name) => (whole as string[]).includes(name))) one.void = true;
                if (each.do === "pointWrite" && one.tables.includes(each.table))
                  if (one.row === undefined || one.row[1] === each.key) one.void = true;
              }
            }
            for (const one of taken) if (one.void) expect(generations.isCurrent(one.dependency)).toBe(false);
          }
          // With room for all, it is exact.
          if (maxTables >= 4 && rowsPerTable > 2)
            for (const one of taken) expect(generations.isCurrent(one.dependency)).toBe(!one.void);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("is never current for a statement of more tables than are told apart", () => {
    const generations = new Generations({ maxTables: 2 });
    expect(generations.isCurrent(generations.dependency(read("a", "b", "c"), []))).toBe(false);
  });

  test("counts a change of the schema, and every invalidation", () => {
    const generations = new Generations();
    generations.schema();
    generations.write(ddl, []);
    generations.everything();
    generations.tables(["a", "b"]);
    generations.table("a", "1", undefined);
    expect(generations.schemaVersion).toBe(2);
    expect(generations.bumps).toBe(6);
  });

  test("depends on the whole table when the row's table is not among those read", () => {
    const generations = new Generations();
    const odd = generations.dependency({ ...read("a"), point: point("b") }, [1]);
    generations.write(pointWrite("a"), [7]);
    expect(generations.isCurrent(odd)).toBe(false);
  });

  test("refuses bounds below 1 and unknown options", () => {
    expect(() => new Generations({ maxTables: 0 })).toThrow(RangeError);
    expect(() => new Generations({ rowsPerTable: 0 })).toThrow(/rowsPerTable: expected an integer from 1/);
    expect(() => new Generations({ rowsPerTable: 3 })).toThrow(
      "rowsPerTable: expected a power of two, got 3",
    );
    expect(() => new Generations({ rows: 1 } as never)).toThrow(/unknown option "rows"/);
  });

  test("tells columns apart: an update makes void what reads its columns, an insert what reads the table", () => {
    const columnsOf = (...columns: string[]) => ({ ...read("a"), columns: new Map([["a", columns]]) });
    const updating = (...updates: string[]) => ({ ...write("a"), updates });
    const current = (change: (generations: Generations) => void) => {
      const generations = new Generations();
      const taken = [columnsOf(), columnsOf("x"), columnsOf("x", "y"), read("a")].map((facts) =>
        generations.dependency(facts, []),
      );
      change(generations);
      return taken.map((dependency) => generations.isCurrent(dependency));
    };
    expect(current((g) => g.write(updating("y"), []))).toEqual([true, true, false, false]);
    expect(current((g) => g.write(updating("x"), []))).toEqual([true, false, false, false]);
    expect(current((g) => g.write({ ...pointWrite("a"), updates: ["x"] }, [1]))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(current((g) => g.write(pointWrite("a"), [1]))).toEqual([false, false, false, false]);
    expect(current((g) => g.write(write("a"), []))).toEqual([false, false, false, false]);
  });
});
