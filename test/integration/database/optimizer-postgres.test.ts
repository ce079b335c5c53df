import pg from "pg";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { DatabaseOptimizer, type DatabaseOptimizerOptions } from "../../../src/database/index.ts";
import { type PgBouncerService, startPgBouncer } from "../../services/pgbouncer.ts";
import { usePostgres } from "../../services/use-postgres.ts";

const postgres = usePostgres();
const closing: (() => Promise<unknown>)[] = [];
/** A session of its own, past the optimizer. */
let server: pg.Client;

function open(options: DatabaseOptimizerOptions = {}): DatabaseOptimizer {
  const db = new DatabaseOptimizer({
    url: postgres().url,
    coherence: "exclusive",
    timeoutMs: 10_000,
    pool: { maxSize: 4 },
    ...options,
  });
  closing.push(() => db.close());
  return db;
}

beforeEach(async () => {
  server = new pg.Client(postgres().url);
  await server.connect();
  closing.push(() => server.end());
  await server.query(`
    DROP TABLE IF EXISTS users, events, guarded CASCADE; DROP SCHEMA IF EXISTS other CASCADE;
    CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL UNIQUE);
    INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace')`);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const byId = "SELECT name FROM users WHERE id = $1";
const names = async (db: DatabaseOptimizer): Promise<unknown[]> =>
  (await db.executeQuery("SELECT name FROM users ORDER BY id")).rows.map(({ name }) => name);
const cachedTwice = async (db: DatabaseOptimizer, sql: string, params: unknown[] = []): Promise<boolean> => {
  await db.executeQuery(sql, params);
  return (await db.executeQuery(sql, params)).cached;
};

describe("the cache", () => {
  test("keeps nothing unless the user says how it stays true", async () => {
    const db = new DatabaseOptimizer({ url: postgres().url });
    closing.push(() => db.close());
    expect(await cachedTwice(db, byId, [1])).toBe(false);
    expect(db.getCacheStats()).toMatchObject({ hits: 0, size: 0 });
  });

  test("answers a read, until its row is written, whoever else's row is", async () => {
    const db = open();
    expect(await cachedTwice(db, byId, [1])).toBe(true);
    await db.executeQuery("UPDATE users SET name = 'Hopper' WHERE id = $1", [2]);
    expect((await db.executeQuery(byId, [1])).cached).toBe(true);
    await db.executeQuery("UPDATE users SET name = 'Lovelace' WHERE id = $1", [1]);
    expect(await db.executeQuery(byId, [1])).toMatchObject({ rows: [{ name: "Lovelace" }], cached: false });
  });

  test("is passed by inside a transaction, which sees its own writes and shows them to nobody", async () => {
    const db = open();
    await cachedTwice(db, byId, [1]);
    const failure = new Error("enough");
    const transaction = db.transaction(async (inner) => {
      await inner.executeQuery("UPDATE users SET name = 'Lovelace' WHERE id = 1");
      expect((await inner.executeQuery(byId, [1])).rows).toEqual([{ name: "Lovelace" }]);
      expect(await db.executeQuery(byId, [1])).toMatchObject({ rows: [{ name: "Ada" }], cached: true });
      throw failure;
    });
    await expect(transaction).rejects.toBe(failure);
    expect(await db.executeQuery(byId, [1])).toMatchObject({ rows: [{ name: "Ada" }], cached: true });
  });

  test("doesn't keep what depends on the moment, be it a function or a parameter", async () => {
    const db = open();
    await db.executeQuery("CREATE TABLE events (id int PRIMARY KEY, at timestamptz NOT NULL)");
    await db.executeQuery("INSERT INTO events VALUES (1, '2020-01-01')");
    expect(await cachedTwice(db, "SELECT id FROM events WHERE at < now()")).toBe(false);
    const before = "SELECT id FROM events WHERE at < $1";
    expect(await cachedTwice(db, before, ["2021-01-01T00:00:00Z"])).toBe(true);
    for (const moment of ["now", "NOW", " today ", "tomorrow", "yesterday"])
      expect(await cachedTwice(db, before, [moment]), moment).toBe(false);
  });

  test("doesn't keep rows of a table whose row security asks who is there", async () => {
    const db = open();
    await db.executeQuery("CREATE TABLE guarded (id int PRIMARY KEY, owner text)");
    expect(await cachedTwice(db, "SELECT id FROM guarded")).toBe(true);
    await db.executeQuery("ALTER TABLE guarded ENABLE ROW LEVEL SECURITY");
    await db.executeQuery("CREATE POLICY own ON guarded USING (owner = current_user)");
    expect(await cachedTwice(db, "SELECT id FROM guarded")).toBe(false);
  });
});

describe("errors", () => {
  test("of SQL keep the driver's code, position and constraint", async () => {
    const db = open();
    await expect(db.executeQuery("SELECT nmae FROM users")).rejects.toMatchObject({
      code: "42703",
      position: "8",
    });
    await expect(db.executeQuery("SELEC 1")).rejects.toMatchObject({ code: "42601", position: "1" });
    await expect(db.executeQuery("INSERT INTO users VALUES (3, 'Ada')")).rejects.toMatchObject({
      code: "23505",
      constraint: "users_name_key",
    });
    await expect(db.executeQuery("SELECT 1 / $1::int", [0])).rejects.toMatchObject({ code: "22012" });
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  test("of another parameter count name both, and nothing is sent", async () => {
    await expect(open().executeQuery(byId, [])).rejects.toMatchObject({ code: "VICTOR_PARAMETER_COUNT" });
  });

  const everything = (error: unknown): string => {
    const { message, stack, cause } = error as Error;
    return [message, stack, JSON.stringify(error), cause ? everything(cause) : ""].join("\n");
  };
  const failureOf = (db: DatabaseOptimizer): Promise<unknown> =>
    db.initialize().then(
      () => expect.unreachable("expected a failure"),
      (error: unknown) => error,
    );

  test("of a wrong password name it nowhere", async () => {
    const url = new URL(postgres().url);
    url.password = "not-the-s3cret";
    const error = await failureOf(open({ url: url.href }));
    expect(error).toMatchObject({ code: "28P01" });
    expect(everything(error)).not.toMatch(/s3cret/);
  });

  test("of a server that isn't there tell the system's code, and no password", async () => {
    const url = new URL(postgres().url);
    url.port = "1";
    const error = await failureOf(open({ url: url.href }));
    expect(everything(error)).toMatch(/ECONNREFUSED/);
    expect(everything(error)).not.toMatch(/s3cret/);
  });

  test("of a host that doesn't answer come at the deadline", async () => {
    // The system takes the connection for it, and nobody says anything.
    postgres().kill("SIGSTOP");
    try {
      const error = await failureOf(open({ timeoutMs: 200 }));
      expect(error).toMatchObject({ code: "VICTOR_POOL_TIMEOUT" });
      expect(everything(error)).not.toMatch(/s3cret/);
    } finally {
      postgres().kill("SIGCONT");
    }
  });

  test("of a database that isn't there keep the server's code, and a later attempt may succeed", async () => {
    const db = open({ url: postgres().urlOf("later") });
    expect(await failureOf(db)).toMatchObject({ code: "3D000" });
    await server.query("CREATE DATABASE later");
    await db.initialize();
    expect((await db.executeQuery("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  test("of an exhausted pool say its size, and the next caller is served", async () => {
    const db = open({ pool: { maxSize: 1 } });
    // Its facts are known from now on, so that the connection is all that it waits for.
    await db.executeQuery("SELECT 1");
    await db.transaction(async () => {
      const refused = db.executeQuery("SELECT 1", [], { timeoutMs: 50, useCache: false });
      await expect(refused).rejects.toMatchObject({ code: "VICTOR_POOL_TIMEOUT", limit: 1 });
    });
    expect((await db.executeQuery("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });
});

describe("a transaction", () => {
  test("whose commit the server turns into a rollback rejects, and its writes are not there", async () => {
    const db = open();
    const transaction = db.transaction(async (inner) => {
      await inner.executeQuery("INSERT INTO users VALUES (3, 'Barbara')");
      await inner.executeQuery("SELECT 1 / 0").catch(() => undefined);
      return "done";
    });
    await expect(transaction).rejects.toThrow();
    expect(await names(db)).toEqual(["Ada", "Grace"]);
    // Its connection is as good as before.
    await db.transaction((inner) => inner.executeQuery("INSERT INTO users VALUES (3, 'Barbara')"));
    expect(await names(db)).toEqual(["Ada", "Grace", "Barbara"]);
  });

  test("that goes back to a savepoint after an error commits the rest", async () => {
    const db = open();
    await db.transaction(async (inner) => {
      await inner.executeQuery("INSERT INTO users VALUES (3, 'Barbara')");
      await inner.executeQuery("SAVEPOINT attempt");
      await inner.executeQuery("SELECT 1 / 0").catch(() => undefined);
      await inner.executeQuery("ROLLBACK TO SAVEPOINT attempt");
    });
    expect(await names(db)).toEqual(["Ada", "Grace", "Barbara"]);
  });

  test("may set what holds for it alone", async () => {
    const db = open({ pool: { maxSize: 1 } });
    await server.query(
      "CREATE SCHEMA other; CREATE TABLE other.users (id int, name text); INSERT INTO other.users VALUES (1, 'Other')",
    );
    expect(await cachedTwice(db, byId, [1])).toBe(true);
    await db.transaction(async (inner) => {
      await inner.executeQuery("SET LOCAL search_path = other");
      expect((await inner.executeQuery(byId, [1])).rows).toEqual([{ name: "Other" }]);
      await inner.executeQuery("UPDATE users SET name = 'Changed' WHERE id = 1");
    });
    expect((await server.query("SELECT name FROM other.users")).rows).toEqual([{ name: "Changed" }]);
    expect((await db.executeQuery(byId, [1], { useCache: false })).rows).toEqual([{ name: "Ada" }]);
  });
});

test("what a statement sets for its session doesn't reach the next user of the connection", async () => {
  const db = open({ pool: { maxSize: 1 } });
  await server.query(
    "CREATE SCHEMA other; CREATE TABLE other.users (id int, name text); INSERT INTO other.users VALUES (1, 'Other')",
  );
  await db.executeQuery(byId, [1], { useCache: false });
  await db.executeQuery("SET search_path = other");
  expect((await db.executeQuery(byId, [1], { useCache: false })).rows).toEqual([{ name: "Ada" }]);
  await db.transaction((inner) => inner.executeQuery("SET search_path = other"));
  expect((await db.executeQuery(byId, [1], { useCache: false })).rows).toEqual([{ name: "Ada" }]);
  await db.executeQuery("CREATE TEMPORARY TABLE users (id int, name text)");
  expect((await db.executeQuery(byId, [1], { useCache: false })).rows).toEqual([{ name: "Ada" }]);
});

describe("a backend that is killed", () => {
  const pidOf = async (db: DatabaseOptimizer): Promise<number> =>
    Number((await db.executeQuery("SELECT pg_backend_pid() AS pid")).rows[0]?.pid);

  test("while idle is not noticed by anybody", async () => {
    const db = open({ pool: { maxSize: 1 } });
    const pid = await pidOf(db);
    await server.query("SELECT pg_terminate_backend($1, 5000)", [pid]);
    await vi.waitFor(async () => expect(await pidOf(db)).not.toBe(pid), { interval: 5, timeout: 120_000 });
  });

  test("in a transaction loses what it did, and says so", async () => {
    const db = open();
    const transaction = db.transaction(async (inner) => {
      await inner.executeQuery("INSERT INTO users VALUES (3, 'Barbara')");
      const { rows } = await inner.executeQuery("SELECT pg_backend_pid() AS pid");
      await server.query("SELECT pg_terminate_backend($1, 5000)", [rows[0]?.pid]);
      await inner.executeQuery("INSERT INTO users VALUES (4, 'Frances')");
    });
    await expect(transaction).rejects.toMatchObject({
      code: "VICTOR_CONNECTION_LOST",
      outcomeUnknown: false,
    });
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  test("or stopped alone holds its caller until the deadline, and the others not at all", async () => {
    const db = open({ pool: { maxSize: 2 } });
    await db
      .transaction(async (inner) => {
        const { rows } = await inner.executeQuery("SELECT pg_backend_pid() AS pid");
        const pid = Number(rows[0]?.pid);
        process.kill(pid, "SIGSTOP");
        try {
          await expect(
            inner.executeQuery("SELECT name FROM users", [], { timeoutMs: 100 }),
          ).rejects.toMatchObject({ code: "VICTOR_DEADLINE" });
          expect(await names(db)).toEqual(["Ada", "Grace"]);
        } finally {
          process.kill(pid, "SIGCONT");
        }
        throw new Error("lost");
      })
      .catch((error: Error) => expect(error.message).toBe("lost"));
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });
});

describe("behind PgBouncer", () => {
  let bouncer: PgBouncerService;
  beforeAll(async () => {
    bouncer = await startPgBouncer(postgres().url);
    return () => bouncer.stop();
  });
  beforeEach(() => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    return () => vi.restoreAllMocks();
  });

  test("an exclusive optimizer caches, invalidates, and runs transactions", async () => {
    const db = open({ url: bouncer.url });
    expect(await cachedTwice(db, byId, [1])).toBe(true);
    await db.transaction(async (inner) => {
      await inner.executeQuery("UPDATE users SET name = 'Lovelace' WHERE id = 1");
    });
    expect(await db.executeQuery(byId, [1])).toMatchObject({ rows: [{ name: "Lovelace" }], cached: false });
  });

  test("one that listens is refused", async () => {
    await expect(open({ url: bouncer.url, coherence: "notify" }).initialize()).rejects.toMatchObject({
      code: "VICTOR_COHERENCE_UNAVAILABLE",
    });
  });
});
