import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { postgresDriver } from "../../../src/database/postgres/index.ts";
import { changedRows } from "../../../src/database/postgres/row-pipeline.ts";

describe("postgresDriver", () => {
  test.each([
    ["postgres://ann:s3cret@db.example:6543/shop?sslmode=require", "db.example:6543/shop"],
    ["postgresql://db.example", "db.example:5432"],
    ["postgres:///shop?host=/run/postgresql&password=s3cret", "/run/postgresql:5432/shop"],
    ["postgres://ann@[::1]/shop", "[::1]:5432/shop"],
  ])("says where %s leads, without credentials", (url, address) => {
    const driver = postgresDriver({ url });
    expect(driver.address).toBe(address);
    expect([driver.system, driver.placeholders]).toEqual(["postgresql", "$"]);
  });

  test.each([
    "postgres//ann:s3cret@host",
    "mysql://ann:s3cret@host/db",
    "postgres://ann:s3cret@ho st/db",
    "",
  ])("refuses %j without repeating it", (url) => {
    const attempt = () => postgresDriver({ url });
    expect(attempt).toThrow(TypeError);
    expect(attempt).not.toThrow(/s3cret/);
  });

  test("refuses options that it doesn't know and values out of bounds", () => {
    const url = "postgres://localhost/db";
    expect(() => postgresDriver({ url, cohrence: "ttl" } as never)).toThrow(/unknown option "cohrence"/);
    expect(() => postgresDriver({ url, coherence: "maybe" as never })).toThrow(/coherence: expected one of/);
    expect(() => postgresDriver({ url, statementTimeoutMs: 0 })).toThrow(/statementTimeoutMs: expected/);
    expect(() => postgresDriver({ url, prepare: "no" as never })).toThrow(/prepare: expected/);
  });

  test("without a choice of coherence there is none, so that nothing is cached", async () => {
    const url = "postgres://localhost/db";
    expect(postgresDriver({ url }).coherence).toBeUndefined();
    for (const coherence of ["exclusive", "ttl"] as const) {
      const sink = { tables: () => {}, everything: () => {}, schema: () => {} };
      const watching = await postgresDriver({ url, coherence }).coherence?.(sink, { deadline: Infinity });
      expect(watching?.coherent()).toBe(true);
    }
  });

  test("says what to install when the package pg is missing", () => {
    const driver = new URL("../../../src/database/postgres/index.ts", import.meta.url).href;
    // Node's own error for a package that isn't there: it is looked up from a folder without packages.
    const script = `
      import { registerHooks } from "node:module";
      registerHooks({ resolve: (name, context, next) =>
        next(name, name === "pg" ? { ...context, parentURL: "file:///nowhere/at-all.js" } : context) });
      const { postgresDriver } = await import(${JSON.stringify(driver)});
      await postgresDriver({ url: "postgres://ann:s3cret@localhost/db" }).connect().catch((error) =>
        console.log(error.name, error.code, error.packageName, error.message, error.cause.code));`;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: fileURLToPath(new URL("../../..", import.meta.url)),
      encoding: "utf8",
    });
    expect(output.trim()).toBe(
      'MissingDriverError VICTOR_MISSING_DRIVER pg a postgres: URL needs the package "pg": npm install pg ERR_MODULE_NOT_FOUND',
    );
  });
});

test.each([
  ["INSERT 0 3", 3],
  ["UPDATE 12", 12],
  ["DELETE 0", 0],
  ["MERGE 2", 2],
  ["SELECT 5", 0],
  ["SAVEPOINT", 0],
  ["CREATE TABLE", 0],
])("the tag %j stands for %i changed rows", (tag, rows) => {
  expect(changedRows(tag)).toBe(rows);
});
