import { describe, expect, test } from "vitest";
import type { QueryResult } from "../../../src/database/driver.ts";
import { PostgresFacts } from "../../../src/database/postgres/facts.ts";
import { catalogueOf } from "../../support/catalogue-rows.ts";

const users = { id: "int4", name: "text", created: "timestamp" } as const;
const orders = { id: "int8", user_id: "int4" } as const;

/** A catalogue that can be changed, held back and counted. */
class Server {
  queries = 0;
  failure: Error | undefined;
  answer = catalogueOf({ users, orders });
  #gate: Promise<void> = Promise.resolve();

  readonly query = async (sql: string): Promise<QueryResult> => {
    this.queries++;
    // What the server answers is settled when it is asked, when it arrives is not.
    const answer = this.answer(sql);
    const failure = this.failure;
    await this.#gate;
    if (failure) throw failure;
    return await answer;
  };

  /** Holds answers back until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("PostgresFacts", () => {
  test("gives a promise until the catalogue is known, and facts at once from then on", async () => {
    const facts = new PostgresFacts(new Server().query);
    const first = facts.facts("SELECT * FROM users");
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toEqual({ kind: "read", reads: ["public.users"], writes: [], cacheable: true });
    expect(facts.facts("SELECT * FROM users")).toBe(await first);
    expect(facts.facts("SELECT * FROM orders")).toMatchObject({ reads: ["public.orders"] });
  });

  test("freezes what it gives", async () => {
    const facts = await new PostgresFacts(new Server().query).facts("DELETE FROM users WHERE id = $1");
    expect(Object.isFrozen(facts)).toBe(true);
    expect(Object.isFrozen(facts.reads)).toBe(true);
    expect(Object.isFrozen(facts.writes)).toBe(true);
    expect(Object.isFrozen(facts.point)).toBe(true);
  });

  test("reads the catalogue once for all who ask at the same time", async () => {
    const server = new Server();
    const facts = new PostgresFacts(server.query);
    await Promise.all(["SELECT 1", "SELECT 2", "SELECT * FROM users"].map((sql) => facts.facts(sql)));
    expect(server.queries).toBe(2);
    facts.forget();
    await facts.facts("SELECT 1");
    // What comes with the server is not asked for again.
    expect(server.queries).toBe(3);
  });

  test("sees a changed schema after forget", async () => {
    const server = new Server();
    const facts = new PostgresFacts(server.query);
    expect(await facts.facts("SELECT * FROM fresh")).toMatchObject({ cacheable: false });
    server.answer = catalogueOf({ fresh: users });
    expect(facts.facts("SELECT * FROM fresh")).toMatchObject({ cacheable: false });
    facts.forget();
    expect(await facts.facts("SELECT * FROM fresh")).toMatchObject({
      cacheable: true,
      reads: ["public.fresh"],
    });
  });

  test("keeps nothing of a load that forget overtook, and answers from a new one", async () => {
    const server = new Server();
    const facts = new PostgresFacts(server.query);
    await facts.facts("SELECT 1");
    facts.forget();
    const releaseOld = server.hold();
    const asked = facts.facts("SELECT * FROM fresh");
    await turn();
    server.answer = catalogueOf({ fresh: users });
    facts.forget();
    const releaseNew = server.hold();
    releaseOld();
    await turn();
    // The old load has ended, the new one hasn't: nothing may be known yet.
    const meanwhile = facts.facts("SELECT * FROM users");
    expect(meanwhile).toBeInstanceOf(Promise);
    releaseNew();
    expect(await asked).toMatchObject({ cacheable: true, reads: ["public.fresh"] });
    expect(await meanwhile).toMatchObject({ reason: "relation users is not known" });
  });

  test("passes on why the catalogue can't be read, and tries again at the next call", async () => {
    const server = new Server();
    const facts = new PostgresFacts(server.query);
    server.failure = new Error("connection refused");
    await expect(facts.facts("SELECT 1")).rejects.toBe(server.failure);
    server.failure = undefined;
    expect(await facts.facts("SELECT 1")).toMatchObject({ cacheable: true });
  });

  test("a failed load that forget overtook doesn't fail the new one", async () => {
    const server = new Server();
    const facts = new PostgresFacts(server.query);
    await facts.facts("SELECT 1");
    facts.forget();
    const release = server.hold();
    server.failure = new Error("cut");
    const failing = facts.facts("SELECT 2");
    await turn();
    facts.forget();
    server.failure = undefined;
    const succeeding = facts.facts("SELECT 3");
    release();
    await expect(failing).rejects.toThrow("cut");
    expect(await succeeding).toMatchObject({ cacheable: true });
    expect(facts.facts("SELECT 4")).toMatchObject({ cacheable: true });
  });

  test("remembers as many statements as it is told to", async () => {
    const facts = new PostgresFacts(new Server().query, { maxStatements: 1 });
    const first = await facts.facts("SELECT 1");
    expect(facts.facts("SELECT 1")).toBe(first);
    facts.facts("SELECT 2");
    expect(facts.facts("SELECT 1")).not.toBe(first);
  });

  test("refuses options that make no sense", () => {
    const { query } = new Server();
    expect(() => new PostgresFacts(query, { maxStatements: 0 })).toThrow(
      new RangeError("maxStatements: expected an integer ≥ 1, got 0"),
    );
    expect(() => new PostgresFacts(query, { max: 1 } as object)).toThrow(TypeError);
  });

  test("takes a catalogue whose JSON the driver has left as text", async () => {
    const { query } = new Server();
    const facts = new PostgresFacts(async (sql) => {
      const { rows } = await query(sql);
      const row = Object.fromEntries(
        Object.entries(rows[0] ?? {}).map(([name, value]) => [
          name,
          typeof value === "object" ? JSON.stringify(value) : value,
        ]),
      );
      return { rows: [row], rowCount: 1 };
    });
    expect(await facts.facts("SELECT lower(name) FROM users")).toMatchObject({ cacheable: true });
  });

  test("trusts no backslash where the database reads strings in the old way", async () => {
    const server = new Server();
    const standard = server.answer;
    server.answer = async (sql) => {
      const { rows, rowCount } = await standard(sql);
      return { rows: rows.map((row) => ({ ...row, standardStrings: false })), rowCount };
    };
    const facts = new PostgresFacts(server.query);
    // There the string ends at the second quote but one, and orders is read.
    const sql = String.raw`SELECT '\' FROM users WHERE name = ' FROM orders --'`;
    expect(await facts.facts(sql)).toMatchObject({ kind: "write", writes: "all", cacheable: false });
    expect(facts.facts("SELECT 'x' FROM users")).toMatchObject({ cacheable: true });
  });

  test("says of a text that is too deep for the parser that nothing is known", async () => {
    const facts = new PostgresFacts(new Server().query);
    await facts.facts("SELECT 1");
    const deep = `SELECT ${"1 + ".repeat(50_000)}1`;
    expect(facts.facts(deep)).toMatchObject({ kind: "write", writes: "all", cacheable: false });
    expect(facts.facts("SELECT * FROM users")).toMatchObject({ cacheable: true });
  });

  test.each([
    ["SELECT 1 FROM users WHERE", "write"],
    ["CREATE BRAND NEW THING", "ddl"],
    ["-- only a comment", "read"],
    [";;", "read"],
  ])("takes %j, which has no statement it knows, for a %s that can't be cached", async (sql, kind) => {
    expect(await new PostgresFacts(new Server().query).facts(sql)).toMatchObject({ kind, cacheable: false });
  });
});

describe("parameters that may stand for the current time", () => {
  const cacheableFor = async (sql: string, params: readonly unknown[]): Promise<boolean> => {
    const facts = await new PostgresFacts(new Server().query).facts(sql);
    expect(facts.cacheable).toBe(true);
    return facts.cacheableFor?.(params) ?? true;
  };

  test.each([
    ["now", false],
    ["NOW", false],
    [" today ", false],
    ["tomorrow 10:00", false],
    ["{yesterday,2024-01-01}", false],
    [["2024-01-01", "today"], false],
    [[["now"]], false],
    [{ since: "now" }, false],
    [{ toPostgres: () => "now" }, false],
    ["2024-01-01", true],
    ["nowhere", true],
    ["snow", true],
    ["todays", true],
    [["2024-01-01"], true],
    [{ now: 1, a: "b" }, false],
    [{ a: "b" }, true],
    [new Date(0), true],
    [Buffer.from("now"), true],
    [null, true],
    [undefined, true],
    [5, true],
    [5n, true],
    [true, true],
    [{ a: 5n }, false],
  ])("with %o: cacheable is %s", async (value, expected) => {
    expect(await cacheableFor("SELECT * FROM users WHERE created > $1", [value])).toBe(expected);
  });

  test("only the parameters other than a row's key are looked at", async () => {
    expect(await cacheableFor("SELECT * FROM users WHERE id = $1", ["now"])).toBe(true);
    expect(await cacheableFor("SELECT * FROM users WHERE id = $1 AND created > $2", [1, "now"])).toBe(false);
    expect(await cacheableFor("SELECT * FROM users WHERE id = $2 AND created > $1", ["x", "now"])).toBe(true);
  });

  test("statements without such parameters have no predicate", async () => {
    const facts = await new PostgresFacts(new Server().query).facts("SELECT * FROM users WHERE id = $1");
    expect(facts.cacheableFor).toBeUndefined();
  });
});
