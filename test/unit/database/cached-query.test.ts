import { expect, test } from "vitest";
import { cachedQuery } from "../../../src/database/cached-query.ts";

const echo = async (sql: string, params: readonly unknown[], options: unknown) => ({
  rows: [{ sql, params, options }],
});

test("A cached query builds a statement from its arguments and gives its rows", async () => {
  const user = cachedQuery(echo, (id: number, name?: string) => ({ sql: "SELECT ?", params: [id, name] }), {
    ttlMs: 5,
  });
  expect(await user(7, "Ada")).toEqual([{ sql: "SELECT ?", params: [7, "Ada"], options: { ttlMs: 5 } }]);
});

test("A cached query needs no parameters and no options", async () => {
  const all = cachedQuery(echo, () => ({ sql: "SELECT 1" }));
  expect(await all()).toEqual([{ sql: "SELECT 1", params: [], options: undefined }]);
});

test("A cached query rejects with what its builder threw", async () => {
  const broken = cachedQuery(echo, () => {
    throw new RangeError("no such page");
  });
  await expect(broken()).rejects.toThrow(new RangeError("no such page"));
});

test("A cached query refuses what is no function", () => {
  expect(() => cachedQuery(echo, "SELECT 1" as never)).toThrow(/expected a function that gives/);
});
