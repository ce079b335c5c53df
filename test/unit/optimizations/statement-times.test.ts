import { describe, expect, it } from "vitest";
import { fingerprint } from "../../../src/database/sql/fingerprint.ts";
import { StatementTimes } from "../../../src/optimizations/statement-times.ts";

describe("StatementTimes", () => {
  it.each(["mysql", "postgresql", "sqlite"])(
    "takes the head of a %s statement of megabytes for all of it",
    (system) => {
      const times = new StatementTimes(system, 0);
      const rows = "(1, 'some name'), ".repeat(300_000);
      for (const end of ["(2, 'other')", "(2, 'other') returning id"])
        times.done(`insert into t values ${rows}${end}`, 0, 0);
      const shapes = new Set(times.slowest().map(({ fingerprint: shape }) => shape));
      expect(shapes.size).toBe(1);
      expect([...shapes][0]).toMatch(/^insert into t values \(\?/);
      expect([...shapes][0]).not.toContain("name");
    },
  );

  it("shows no part of a literal, wherever a statement is cut", () => {
    const literals = {
      mysql: [
        "'SECRET'",
        '"SECRET"',
        "x'SECRET'",
        "'a''SECRET'",
        "'a\\'SECRET'",
        "/* SECRET */ 1",
        "-- SECRET",
      ],
      postgresql: [
        "'SECRET'",
        "E'a\\'SECRET'",
        "$$SECRET$$",
        "$q$ $$ SECRET $q$",
        "U&'SECRET'",
        "/* /* */ SECRET */",
      ],
      sqlite: ["'SECRET'", "x'SECRET'", "'a''SECRET'", "/* SECRET */ 1", "-- SECRET"],
    };
    for (const system of ["mysql", "postgresql", "sqlite"] as const)
      for (const literal of literals[system]) {
        const sql = `insert into t values (1, ${literal}`;
        for (let end = 1; end <= sql.length; end++) {
          const head = sql.slice(0, end);
          expect(fingerprint(head, system), head).not.toMatch(/SEC|CRE/i);
        }
      }
  });
});
