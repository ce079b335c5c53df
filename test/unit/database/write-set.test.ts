import { describe, expect, test } from "vitest";
import { Generations } from "../../../src/database/cache/generations.ts";
import { WriteSet } from "../../../src/database/cache/write-set.ts";
import type { StatementFacts } from "../../../src/database/statement-facts.ts";

const point = { table: "a", param: 0, canonicalKey: (value: unknown) => String(value) };
const read = (table: string, row = false): StatementFacts => ({
  kind: "read",
  reads: [table],
  writes: [],
  cacheable: true,
  ...(row && { point }),
});
const write = (writes: string[] | "all", row = false): StatementFacts => ({
  kind: "write",
  reads: [],
  writes,
  cacheable: false,
  ...(row && { point }),
});
const ddl: StatementFacts = { kind: "ddl", reads: [], writes: "all", cacheable: false };

/** Which of all of a, row 1 of a, row 2 of a, and b are void once `writes` is applied. */
function voided(writes: WriteSet): string {
  const generations = new Generations();
  const taken = {
    a: generations.dependency(read("a"), []),
    1: generations.dependency(read("a", true), [1]),
    2: generations.dependency(read("a", true), [2]),
    b: generations.dependency(read("b"), []),
  };
  writes.apply(generations);
  return Object.entries(taken)
    .filter(([, dependency]) => !generations.isCurrent(dependency))
    .map(([name]) => name)
    .sort()
    .join(" ");
}

describe("WriteSet", () => {
  test.each<[string, [StatementFacts, unknown[]][], string]>([
    ["nothing", [], ""],
    ["a read", [[read("a"), []]], ""],
    ["one row", [[write(["a"], true), [1]]], "1 a"],
    [
      "two rows",
      [
        [write(["a"], true), [1]],
        [write(["a"], true), [2]],
      ],
      "1 2 a",
    ],
    [
      "a row, then its table",
      [
        [write(["a"], true), [1]],
        [write(["a"]), []],
      ],
      "1 2 a",
    ],
    [
      "a table, then a row of it",
      [
        [write(["a"]), []],
        [write(["a"], true), [1]],
      ],
      "1 2 a",
    ],
    ["a row with a trigger on b", [[write(["a", "b"], true), [2]]], "2 a b"],
    [
      "nobody knows what",
      [
        [write("all"), []],
        [write(["b"]), []],
      ],
      "1 2 a b",
    ],
    ["a change of the schema", [[ddl, []]], "1 2 a b"],
  ])("applies %s", (_name, statements, expected) => {
    const writes = new WriteSet();
    for (const [facts, params] of statements) writes.add(facts, params);
    expect(voided(writes)).toBe(expected);
    expect(writes.isEmpty).toBe(expected === "");
  });

  test("tells whether the schema was changed", () => {
    const writes = new WriteSet();
    writes.add(write("all"), []);
    expect(writes.hasDdl).toBe(false);
    writes.add(ddl, []);
    expect(writes.hasDdl).toBe(true);
    const generations = new Generations();
    writes.apply(generations);
    expect(generations.schemaVersion).toBe(1);
  });

  test("bumps nothing until it is applied", () => {
    const generations = new Generations();
    const dependency = generations.dependency(read("a"), []);
    new WriteSet().add(write(["a"]), []);
    expect(generations.isCurrent(dependency)).toBe(true);
  });

  test("takes keys at once, so that parameters may be reused", () => {
    const writes = new WriteSet();
    const params = [1];
    writes.add(write(["a"], true), params);
    params[0] = 2;
    expect(voided(writes)).toBe("1 a");
  });

  test("lets whole tables stand for their rows beyond its bound", () => {
    const writes = new WriteSet(2);
    for (const id of [7, 8, 8]) writes.add(write(["a"], true), [id]);
    expect(voided(writes)).toBe("a");
    writes.add(write(["a"], true), [9]);
    expect(voided(writes)).toBe("1 2 a");
    expect(() => new WriteSet(-1)).toThrow(RangeError);
  });
});
