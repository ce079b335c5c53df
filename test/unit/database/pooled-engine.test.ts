import { describe, expect, it } from "vitest";
import type { Operation } from "../../../src/database/driver.ts";
import type { PoolOptions } from "../../../src/database/pool/connection-pool.ts";
import { PooledEngine } from "../../../src/database/pool/pooled-engine.ts";
import {
  BatchError,
  ClosedError,
  ConnectionLostError,
  DeadlineError,
  PoolTimeoutError,
} from "../../../src/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeDriver } from "../../support/fake-driver.ts";

const never = Number.POSITIVE_INFINITY;
const unbounded: Operation = { deadline: never };

function setUp(options: PoolOptions = {}) {
  const clock = new FakeClock();
  const driver = new FakeDriver(clock);
  const told: string[] = [];
  const sink = {
    tables: (tables: readonly string[]) => told.push(`tables ${tables}`),
    everything: () => told.push("everything"),
    schema: () => told.push("schema"),
  };
  const engine = new PooledEngine(driver, options, sink, clock);
  return { clock, driver, engine, told, log: driver.log };
}

function watch<T>(promise: Promise<T>) {
  const seen: { value: T | undefined; error: unknown; done: boolean } = {
    value: undefined,
    error: undefined,
    done: false,
  };
  promise.then(
    (value) => Object.assign(seen, { value, done: true }),
    (error: unknown) => Object.assign(seen, { error, done: true }),
  );
  return seen;
}

/** Runs to the end what needs only time. */
async function through<T>(clock: FakeClock, promise: Promise<T>, ms = 10): Promise<T> {
  const seen = watch(promise);
  await clock.advance(ms);
  if (!seen.done) throw new Error(`not done after ${ms} ms`);
  return promise;
}

describe("execute", () => {
  it("runs on a pooled connection and gives it back", async () => {
    const { clock, driver, engine, log } = setUp();
    driver.answers.set("SELECT 1", { rows: [{ one: 1 }] });
    for (let i = 0; i < 3; i++)
      expect((await through(clock, engine.execute("SELECT 1", [], unbounded))).rows).toEqual([{ one: 1 }]);
    expect(log).toEqual(["0 SELECT 1", "0 SELECT 1", "0 SELECT 1"]);
    expect(engine.pool.stats()).toMatchObject({ size: 1, idle: 1 });
  });
  it("passes on a driver's own error, and keeps the connection", async () => {
    const { clock, driver, engine } = setUp();
    const error = Object.assign(new Error("syntax error"), { code: "42601", position: "7" });
    driver.answers.set("SELECT", { error });
    await expect(through(clock, engine.execute("SELECT", [], unbounded))).rejects.toBe(error);
    expect(engine.pool.stats()).toMatchObject({ idle: 1, closed: 0 });
  });
  it("says ConnectionLostError when the connection breaks; only a read is known to have changed nothing", async () => {
    const { clock, driver, engine } = setUp();
    const error = new Error("terminating connection");
    for (const [sql, outcomeUnknown] of [
      ["SELECT 1", false],
      ["UPDATE t", true],
    ] as const) {
      driver.answers.set(sql, { error, breaks: true });
      const failed = through(clock, engine.execute(sql, [], unbounded));
      await expect(failed).rejects.toBeInstanceOf(ConnectionLostError);
      await expect(failed).rejects.toMatchObject({ outcomeUnknown, cause: error });
    }
    expect(driver.connections.map(({ state }) => state)).toEqual(["destroyed", "destroyed"]);
  });
  it("refuses BEGIN and its like, and points to transaction(fn)", async () => {
    const { engine, log } = setUp();
    for (const sql of ["BEGIN", " commit", "ROLLBACK", "SAVEPOINT a"]) {
      await expect(engine.execute(sql, [], unbounded)).rejects.toThrow(TypeError);
      await expect(engine.execute(sql, [], unbounded)).rejects.toThrow("use transaction(fn)");
    }
    expect(log).toEqual([]);
  });
  it("notes the statement, so that a leak report can name it", async () => {
    const leaks: (string | undefined)[] = [];
    const { clock, driver, engine } = setUp({ leakThresholdMs: 100, onLeak: ({ sql }) => leaks.push(sql) });
    driver.answers.set("SELECT slow", { ms: 200 });
    await through(clock, engine.execute("SELECT slow", [], unbounded), 200);
    expect(leaks).toEqual(["SELECT slow"]);
  });
  it("resets a connection whose session state was changed", async () => {
    const { clock, driver, engine, log } = setUp();
    driver.canReset = true;
    await through(clock, engine.execute("SET x = 1", [], unbounded));
    await through(clock, engine.execute("SELECT 1", [], unbounded));
    expect(log).toEqual(["0 SET x = 1", "0 reset", "0 SELECT 1"]);
  });
  it("closes one that can't be reset", async () => {
    const { clock, driver, engine, log } = setUp();
    await through(clock, engine.execute("SET x = 1", [], unbounded));
    await through(clock, engine.execute("SELECT 1", [], unbounded));
    expect(log).toEqual(["0 SET x = 1", "1 SELECT 1"]);
    expect(driver.connections[0]!.state).toBe("closed");
  });
});

describe("the deadline", () => {
  it("covers waiting for a connection", async () => {
    const { clock, driver, engine } = setUp({ maxSize: 1 });
    driver.answers.set("SELECT long", { ms: 100 });
    const long = engine.execute("SELECT long", [], unbounded);
    const waiting = watch(engine.execute("SELECT 1", [], { deadline: 50 }));
    await clock.advance(49);
    expect(waiting.done).toBe(false);
    await clock.advance(1);
    expect(waiting.error).toBeInstanceOf(PoolTimeoutError);
    await through(clock, long, 50);
  });
  it("covers wait and run together", async () => {
    const { clock, driver, engine } = setUp({ maxSize: 1 });
    driver.answers.set("SELECT long", { ms: 40 });
    const first = engine.execute("SELECT long", [], unbounded);
    const second = watch(engine.execute("SELECT long", [], { deadline: 60 }));
    await clock.advance(59);
    expect(second.done).toBe(false);
    await clock.advance(1);
    expect(second.error).toBeInstanceOf(DeadlineError);
    expect(second.error).toMatchObject({ step: "query", timeoutMs: 60 });
    await first;
  });
  it("covers asking for facts", async () => {
    const { clock, driver, engine, log } = setUp();
    driver.factsMs = 100;
    const slow = watch(engine.execute("SELECT 1", [], { deadline: 60 }));
    await clock.advance(60);
    expect(slow.error).toMatchObject({ step: "facts" });
    await clock.advance(100);
    expect(log).toEqual([]);
  });
  it("cuts at once, and gives the connection back when the driver let go of it and it answers", async () => {
    const { clock, driver, engine, log } = setUp();
    driver.answers.set("SELECT long", { ms: 10_000 });
    const cut = watch(engine.execute("SELECT long", [], { deadline: 50 }));
    await clock.advance(50);
    expect(cut.error).toBeInstanceOf(DeadlineError);
    await clock.advance(1);
    expect(log).toEqual(["0 SELECT long", "0 ping"]);
    expect(engine.pool.stats()).toMatchObject({ idle: 1, closed: 0 });
  });
  it("destroys a connection that the driver doesn't let go of within a second", async () => {
    const { clock, driver, engine } = setUp();
    driver.answers.set("SELECT long", { ms: 10_000, deaf: true });
    const cut = watch(engine.execute("SELECT long", [], { deadline: 50 }));
    await clock.advance(50);
    expect(cut.error).toBeInstanceOf(DeadlineError);
    await clock.advance(999);
    expect(driver.connections[0]!.state).toBe("open");
    expect(engine.pool.stats()).toMatchObject({ used: 1 });
    await clock.advance(1);
    expect(driver.connections[0]!.state).toBe("destroyed");
  });
  it("destroys a connection that doesn't answer the ping after a cut", async () => {
    const { clock, driver, engine } = setUp();
    driver.answers.set("SELECT long", { ms: never }).set("ping", { ms: never });
    watch(engine.execute("SELECT long", [], { deadline: 50 }));
    await clock.advance(1050);
    expect(driver.connections[0]!.state).toBe("destroyed");
  });
  it("tells of tables that a cut write may have changed after all, once its fate is settled", async () => {
    const { clock, driver, engine, told } = setUp();
    for (const [sql, expected] of [
      ["UPDATE t", "tables t"],
      ["CALL f()", "everything"],
      ["CREATE TABLE u", "schema"],
    ] as const) {
      driver.answers.set(sql, { ms: 500, deaf: true });
      const cut = watch(engine.execute(sql, [], { deadline: clock.now() + 50 }));
      await clock.advance(400);
      expect(cut.error).toBeInstanceOf(DeadlineError);
      expect(told).toEqual([]);
      await clock.advance(101);
      expect(told.splice(0)).toEqual([expected]);
    }
    driver.answers.set("SELECT t", { ms: 500, deaf: true });
    watch(engine.execute("SELECT t", [], { deadline: clock.now() + 50 }));
    await clock.advance(600);
    expect(told).toEqual([]);
  });
  it("leaves no timer behind", async () => {
    const { clock, driver, engine } = setUp({
      idleTimeoutMs: never,
      keepaliveMs: never,
      maxLifetimeMs: never,
    });
    driver.answers.set("SELECT bad", { error: new Error("bad") });
    await through(clock, engine.execute("SELECT 1", [], { deadline: 1e6 }));
    await through(clock, engine.execute("SELECT bad", [], { deadline: 1e6 })).catch(() => undefined);
    expect(clock.pending).toBe(0);
  });
  it("that has passed runs nothing", async () => {
    const { clock, engine, log } = setUp();
    await through(clock, engine.execute("SELECT 1", [], unbounded));
    await expect(engine.execute("SELECT 1", [], { deadline: 5 })).rejects.toThrow(DeadlineError);
    expect(log.length).toBe(1);
    expect(engine.pool.stats()).toMatchObject({ idle: 1 });
  });
});

describe("a signal", () => {
  it("cuts the statement with its own reason", async () => {
    const { clock, driver, engine } = setUp();
    driver.answers.set("SELECT long", { ms: 1000 });
    const controller = new AbortController();
    const cut = watch(engine.execute("SELECT long", [], { deadline: never, signal: controller.signal }));
    await clock.advance(10);
    controller.abort(new Error("changed my mind"));
    await clock.advance(1);
    expect((cut.error as Error).message).toBe("changed my mind");
    expect(engine.pool.stats()).toMatchObject({ idle: 1 });
  });
});

describe("facts", () => {
  it("are asked once for each text, until they are forgotten", async () => {
    const { driver, engine } = setUp();
    const facts = engine.facts("SELECT 1");
    expect(engine.facts("SELECT 1")).toBe(facts);
    expect(driver.factsAsked).toBe(1);
    engine.forgetFacts();
    engine.facts("SELECT 1");
    expect(driver.factsAsked).toBe(2);
  });
  it("that were asked for before a change of the schema are not kept", async () => {
    const { clock, driver, engine } = setUp();
    driver.factsMs = 10;
    const before = engine.facts("SELECT 1");
    engine.forgetFacts();
    await clock.advance(10);
    await before;
    engine.facts("SELECT 1");
    expect(driver.factsAsked).toBe(2);
    await clock.advance(10);
    expect(engine.facts("SELECT 1")).not.toBeInstanceOf(Promise);
  });
});

describe("executeBatch", () => {
  it("is one transaction", async () => {
    const { clock, engine, log } = setUp();
    expect(await through(clock, engine.executeBatch("INSERT t", [[1], [2]], unbounded))).toBe(2);
    expect(log).toEqual(["0 BEGIN", "0 INSERT t × 2", "0 COMMIT"]);
    expect(engine.pool.stats()).toMatchObject({ idle: 1 });
  });
  it("does nothing for no rows", async () => {
    const { engine, log } = setUp();
    expect(await engine.executeBatch("INSERT t", [], unbounded)).toBe(0);
    expect(log).toEqual([]);
  });
  it("rolls back when a row fails", async () => {
    const { clock, driver, engine, log } = setUp();
    const error = new BatchError(1, { cause: new Error("duplicate key") });
    driver.answers.set("INSERT t × 2", { error });
    await expect(through(clock, engine.executeBatch("INSERT t", [[1], [1]], unbounded))).rejects.toBe(error);
    expect(log).toEqual(["0 BEGIN", "0 INSERT t × 2", "0 ROLLBACK"]);
    expect(engine.pool.stats()).toMatchObject({ idle: 1 });
  });
  it("that is cut destroys its connection, so that the server rolls back", async () => {
    const { clock, driver, engine, log } = setUp();
    driver.answers.set("INSERT t × 1", { ms: 1000 });
    const cut = watch(engine.executeBatch("INSERT t", [[1]], { deadline: 50 }));
    await clock.advance(50);
    expect(cut.error).toBeInstanceOf(DeadlineError);
    expect(driver.connections[0]!.state).toBe("destroyed");
    expect(log).toEqual(["0 BEGIN", "0 INSERT t × 1"]);
  });
});

describe("a transaction", () => {
  async function begun(options?: PoolOptions) {
    const all = setUp(options);
    const transaction = await through(all.clock, all.engine.begin(unbounded));
    return { ...all, transaction };
  }

  it("keeps all of its statements on one connection, which others don't get", async () => {
    const { clock, engine, log, transaction } = await begun();
    await through(clock, transaction.execute("UPDATE t", [], unbounded));
    await through(clock, engine.execute("SELECT 1", [], unbounded));
    await through(clock, transaction.execute("SELECT 2", [], unbounded));
    expect(await through(clock, transaction.executeBatch("INSERT t", [[1]], unbounded))).toBe(1);
    await through(clock, transaction.commit(unbounded));
    expect(log).toEqual(["0 BEGIN", "0 UPDATE t", "1 SELECT 1", "0 SELECT 2", "0 INSERT t × 1", "0 COMMIT"]);
    expect(engine.pool.stats()).toMatchObject({ idle: 2 });
  });
  it("runs one after another what is asked for at once", async () => {
    const { clock, driver, log, transaction } = await begun();
    driver.answers.set("UPDATE a", { ms: 20 });
    const a = watch(transaction.execute("UPDATE a", [], unbounded));
    const b = watch(transaction.execute("UPDATE b", [], { deadline: 15 }));
    const c = watch(transaction.execute("UPDATE c", [], unbounded));
    await clock.advance(5);
    expect(log).toEqual(["0 BEGIN", "0 UPDATE a"]);
    // The one that waited in vain has not been run, and the transaction goes on without it.
    expect(b.error).toBeInstanceOf(DeadlineError);
    await clock.advance(15);
    expect([a.done, c.done]).toEqual([true, true]);
    expect(log).toEqual(["0 BEGIN", "0 UPDATE a", "0 UPDATE c"]);
  });
  it("takes savepoints, but neither COMMIT nor BEGIN", async () => {
    const { clock, engine, log, transaction } = await begun();
    for (const sql of ["SAVEPOINT a", "ROLLBACK TO a", "rollback transaction to savepoint a;", "RELEASE a"])
      await through(clock, transaction.execute(sql, [], unbounded));
    expect(log.length).toBe(5);
    for (const sql of ["COMMIT", "BEGIN", "ROLLBACK", "SAVEPOINT a; COMMIT", "ROLLBACK /* TO */"])
      await expect(transaction.execute(sql, [], unbounded)).rejects.toThrow(TypeError);
    expect(log.length).toBe(5);
    expect(engine.pool.stats()).toMatchObject({ used: 1 });
  });
  it("goes on after a statement's own error", async () => {
    const { clock, driver, transaction, log } = await begun();
    driver.answers.set("UPDATE bad", { error: new Error("check constraint") });
    await expect(through(clock, transaction.execute("UPDATE bad", [], unbounded))).rejects.toThrow("check");
    await through(clock, transaction.rollback(unbounded));
    expect(log.at(-1)).toBe("0 ROLLBACK");
  });
  it("marks its connection when it changes session state", async () => {
    const { clock, driver, transaction } = await begun();
    await through(clock, transaction.execute("SET x = 1", [], unbounded));
    await through(clock, transaction.commit(unbounded));
    expect(driver.connections[0]!.state).toBe("closed");
  });
  it("refuses every use after its end", async () => {
    const { clock, engine, transaction } = await begun();
    await through(clock, transaction.commit(unbounded));
    for (const use of [
      transaction.execute("SELECT 1", [], unbounded),
      transaction.executeBatch("INSERT t", [[1]], unbounded),
      transaction.commit(unbounded),
      transaction.rollback(unbounded),
    ])
      await expect(use).rejects.toThrow(ClosedError);
    expect(engine.pool.stats()).toMatchObject({ idle: 1 });
  });
  it("whose commit is refused for a deferred constraint gives the driver's error and is rolled back", async () => {
    const { clock, driver, engine, transaction, log, told } = await begun();
    const error = new Error("violates foreign key constraint");
    driver.answers.set("COMMIT", { error });
    await expect(through(clock, transaction.commit(unbounded))).rejects.toBe(error);
    expect(log).toEqual(["0 BEGIN", "0 COMMIT", "0 ROLLBACK"]);
    expect(engine.pool.stats()).toMatchObject({ idle: 1 });
    expect(told).toEqual([]);
  });
  it("whose connection breaks in the commit has an unknown outcome", async () => {
    const { clock, driver, transaction, told } = await begun();
    const error = new Error("socket closed");
    driver.answers.set("COMMIT", { error, breaks: true });
    const failed = through(clock, transaction.commit(unbounded));
    await expect(failed).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(failed).rejects.toMatchObject({ outcomeUnknown: true, cause: error });
    expect(driver.connections[0]!.state).toBe("destroyed");
    expect(told).toEqual(["everything"]);
  });
  it("whose commit is cut has an unknown outcome, and tells when it is over", async () => {
    const { clock, driver, transaction, told } = await begun();
    driver.answers.set("COMMIT", { ms: 500, deaf: true });
    const cut = watch(transaction.commit({ deadline: 60 }));
    await clock.advance(50);
    expect(cut.error).toMatchObject({ outcomeUnknown: true, code: "VICTOR_CONNECTION_LOST" });
    expect((cut.error as Error).cause).toBeInstanceOf(DeadlineError);
    expect(told).toEqual([]);
    await clock.advance(450);
    expect(told).toEqual(["everything"]);
    expect(driver.connections[0]!.state).toBe("destroyed");
  });
  it.each([
    ["deadline", { deadline: 5 }, DeadlineError],
    ["signal", { deadline: never, signal: AbortSignal.abort(new Error("left")) }, "left"],
  ])(
    "whose commit comes after its %s is rolled back, and its connection given back",
    async (_what, operation, error) => {
      const { clock, driver, engine, transaction, log } = await begun({ maxSize: 1 });
      await expect(through(clock, transaction.commit(operation))).rejects.toThrow(error);
      expect(log).toEqual(["0 BEGIN", "0 ROLLBACK"]);
      expect(driver.connections[0]!.state).toBe("open");
      expect(engine.pool.stats()).toMatchObject({ size: 1, idle: 1 });
      await expect(through(clock, transaction.rollback(unbounded))).rejects.toThrow(ClosedError);
    },
  );
  it("whose time is over while a commit waits for the step before it is rolled back after that", async () => {
    const { clock, driver, engine, transaction, log } = await begun({ maxSize: 1 });
    driver.answers.set("UPDATE t", { ms: 100 });
    const step = through(clock, transaction.execute("UPDATE t", [], unbounded), 200);
    const commit = watch(transaction.commit({ deadline: 50 }));
    await step;
    expect(commit.error).toBeInstanceOf(DeadlineError);
    await clock.advance(10);
    expect(log).toEqual(["0 BEGIN", "0 UPDATE t", "0 ROLLBACK"]);
    expect(engine.pool.stats()).toMatchObject({ size: 1, idle: 1 });
  });
  it("rolls back what has ended, under bounds that are over, without a rejection that nobody hears", async () => {
    const { clock, transaction } = await begun();
    await through(clock, transaction.commit(unbounded));
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => unheard.push(reason);
    process.on("unhandledRejection", hear);
    await through(clock, transaction.rollback({ deadline: 0 }));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", hear);
    expect(unheard).toEqual([]);
  });
  it("is lost when its connection breaks before the commit, and says so", async () => {
    const { clock, driver, engine, transaction } = await begun();
    driver.answers.set("UPDATE t", { error: new Error("socket closed"), breaks: true });
    for (const use of [
      () => transaction.execute("UPDATE t", [], unbounded),
      () => transaction.execute("SELECT 1", [], unbounded),
      () => transaction.commit(unbounded),
    ]) {
      const failed = through<unknown>(clock, use());
      await expect(failed).rejects.toBeInstanceOf(ConnectionLostError);
      await expect(failed).rejects.toMatchObject({ outcomeUnknown: false });
    }
    await through(clock, transaction.rollback(unbounded));
    expect(engine.pool.stats()).toMatchObject({ size: 0 });
  });
  it("is lost when a statement is cut, since nobody knows when that ends", async () => {
    const { clock, driver, transaction } = await begun();
    driver.answers.set("UPDATE t", { ms: 1000 });
    const cut = watch(transaction.execute("UPDATE t", [], { deadline: 60 }));
    await clock.advance(50);
    expect(cut.error).toBeInstanceOf(DeadlineError);
    expect(driver.connections[0]!.state).toBe("destroyed");
    await expect(transaction.commit(unbounded)).rejects.toThrow(ConnectionLostError);
  });
  it("that can't be rolled back loses its connection", async () => {
    for (const answer of [{ error: new Error("no") }, { ms: never }]) {
      const { clock, driver, transaction } = await begun();
      driver.answers.set("ROLLBACK", answer);
      await through(clock, transaction.rollback(unbounded), 1000);
      expect(driver.connections[0]!.state).toBe("destroyed");
    }
  });
  it("is rolled back also after the deadline, without keeping the caller", async () => {
    const { clock, driver, engine, transaction, log } = await begun();
    driver.answers.set("ROLLBACK", { ms: 100 });
    await clock.advance(50);
    const rolledBack = watch(transaction.rollback({ deadline: 40 }));
    await clock.advance(0);
    expect(rolledBack).toMatchObject({ done: true, error: undefined });
    await clock.advance(100);
    expect(log).toEqual(["0 BEGIN", "0 ROLLBACK"]);
    expect(engine.pool.stats()).toMatchObject({ idle: 1 });
    expect(driver.connections[0]!.state).toBe("open");
  });
  it("whose connection breaks at BEGIN has changed nothing", async () => {
    const { clock, driver, engine } = setUp();
    driver.answers.set("BEGIN", { error: new Error("socket closed"), breaks: true });
    const failed = through(clock, engine.begin(unbounded));
    await expect(failed).rejects.toMatchObject({ code: "VICTOR_CONNECTION_LOST", outcomeUnknown: false });
    expect(engine.pool.stats()).toMatchObject({ size: 0 });
  });
  it("whose BEGIN fails leaves no connection behind", async () => {
    const { clock, driver, engine } = setUp();
    driver.answers.set("BEGIN", { error: new Error("too many") });
    await expect(through(clock, engine.begin(unbounded))).rejects.toThrow("too many");
    expect(engine.pool.stats()).toMatchObject({ size: 0 });
  });
});

describe("initialize", () => {
  it("opens a connection and starts to watch for others' writes", async () => {
    const { clock, driver, engine } = setUp();
    let isCoherent = true;
    let closed = 0;
    driver.coherence = async () => ({ coherent: () => isCoherent, close: async () => void closed++ });
    expect(engine.coherent()).toBe(false);
    await through(clock, engine.initialize(unbounded));
    expect(engine.coherent()).toBe(true);
    isCoherent = false;
    expect(engine.coherent()).toBe(false);
    expect(engine.pool.stats()).toMatchObject({ idle: 1 });
    await through(clock, engine.close(unbounded));
    expect(closed).toBe(1);
  });
  it("is never coherent with a driver that can't watch", async () => {
    const { clock, engine } = setUp();
    await through(clock, engine.initialize(unbounded));
    expect(engine.coherent()).toBe(false);
  });
  it("fails at the first failure to connect, with the driver's error, and may be tried again", async () => {
    const { clock, driver, engine } = setUp();
    const error = Object.assign(new Error("password authentication failed"), { code: "28P01" });
    driver.connectErrors.push(error);
    await expect(through(clock, engine.initialize(unbounded))).rejects.toBe(error);
    await through(clock, engine.initialize(unbounded), 100);
    expect(engine.pool.stats()).toMatchObject({ idle: 1 });
  });
  it("stops a watch that starts after its deadline", async () => {
    const { clock, driver, engine } = setUp();
    let closed = 0;
    driver.coherence = () =>
      new Promise((resolve) =>
        clock.setTimeout(() => resolve({ coherent: () => true, close: async () => void closed++ }), 100),
      );
    const failed = watch(engine.initialize({ deadline: 50 }));
    await clock.advance(50);
    expect(failed.error).toMatchObject({ step: "coherence" });
    await clock.advance(50);
    expect(closed).toBe(1);
    expect(engine.coherent()).toBe(false);
  });
});

describe("explain", () => {
  it("gives the plan's rows as lines", async () => {
    const { clock, driver, engine } = setUp();
    driver.explainSql = (sql) => `EXPLAIN ${sql}`;
    driver.answers.set("EXPLAIN SELECT 1", {
      rows: [{ plan: "Result" }, { plan: "  Filter: x", cost: 1, more: { a: 1 } }],
    });
    expect(await through(clock, engine.explain("SELECT 1", [], unbounded))).toBe(
      'Result\n  Filter: x\t1\t{"a":1}',
    );
    expect(engine.pool.stats()).toMatchObject({ idle: 1 });
  });
  it("is refused where the driver has no such statement", async () => {
    const { engine } = setUp();
    await expect(engine.explain("SELECT 1", [], unbounded)).rejects.toThrow(TypeError);
  });
});

describe("close", () => {
  it("lets running statements end, then closes pool and driver", async () => {
    const { clock, driver, engine } = setUp();
    driver.answers.set("SELECT long", { ms: 100 });
    const running = watch(engine.execute("SELECT long", [], unbounded));
    await clock.advance(10);
    const closed = watch(engine.close({ deadline: 1000 }));
    await clock.advance(89);
    expect(closed.done).toBe(false);
    await clock.advance(1);
    expect([running.done, running.error, closed.done, driver.isClosed]).toEqual([
      true,
      undefined,
      true,
      true,
    ]);
    expect(driver.connections[0]!.state).toBe("closed");
    await expect(engine.execute("SELECT 1", [], unbounded)).rejects.toThrow(ClosedError);
  });
  it("cuts at the deadline what still runs", async () => {
    const { clock, driver, engine } = setUp();
    driver.answers.set("SELECT long", { ms: never });
    watch(engine.execute("SELECT long", [], unbounded));
    await clock.advance(10);
    const closed = watch(engine.close({ deadline: 60 }));
    await clock.advance(50);
    expect(closed).toMatchObject({ done: true, error: undefined });
    expect(driver.connections[0]!.state).toBe("destroyed");
    expect(driver.isClosed).toBe(true);
  });
});

describe("metrics", () => {
  it("are the pool's, named after the address", async () => {
    const { engine } = setUp();
    expect(engine.name).toBe("fake fake:1/db");
    expect([...engine.collect()][0]!.labels["db.client.connection.pool.name"]).toBe("fake:1/db");
  });
});
