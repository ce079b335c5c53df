import { expect, test } from "vitest";
import { sameRows } from "../../../src/database/cache/same-rows.ts";
import { DatabaseOptimizer } from "../../../src/database/optimizer.ts";
import { Rollout, truthSampler } from "../../../src/rollout/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeDriver } from "../../support/fake-driver.ts";

const sql = "SELECT * FROM t WHERE id = ?";

/** A database that nobody tells of others' writes, and a cache that trusts it. */
function room() {
  const clock = new FakeClock();
  const driver = new FakeDriver(clock);
  driver.coherence = async () => ({ coherent: () => true, close: async () => undefined });
  // What is proven to be cheap isn't cached.
  const write = (rows: readonly Record<string, unknown>[]) => driver.answers.set(sql, { rows, ms: 5 });
  write([{ id: 1, name: "Ada" }]);
  const truth = truthSampler({ name: "query-cache", share: 100, maxConcurrent: 4, clock });
  const db = new DatabaseOptimizer({ driver, clock, truth, coherence: "ttl" });
  /** Time goes by until it is done. */
  const awaited = async <T>(promise: Promise<T>): Promise<T> => {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    promise.then(done, done);
    while (!isDone) await clock.advance(1);
    return promise;
  };
  const read = (id = 1, options = {}) => awaited(db.executeQuery(sql, [id], options));
  const close = () => awaited(db.close());
  return { clock, driver, db, truth, write, read, close };
}

test("a row that was changed behind the cache's back is measured as stale, an unchanged one as fresh", async () => {
  const { clock, driver, truth, write, read, close } = room();
  await read();
  expect((await read()).cached).toBe(true);
  await clock.advance(200);
  expect(truth.stats()).toMatchObject({ fresh: 1, stale: 0 });
  write([{ id: 1, name: "Eve" }]);
  expect((await read()).rows).toEqual([{ id: 1, name: "Ada" }]);
  await clock.advance(200);
  expect(truth.stats()).toMatchObject({ fresh: 1, stale: 1 });
  expect(driver.log.filter((line) => line.endsWith(sql))).toHaveLength(3);
  await close();
});

test("a hit whose table is written by the optimizer meanwhile is neither", async () => {
  const { clock, db, truth, driver, write, read, close } = room();
  await read();
  driver.answers.set(sql, { rows: [{ id: 1, name: "Eve" }], ms: 20 });
  await read();
  write([{ id: 1, name: "Eve" }]);
  const writing = db.executeQuery("UPDATE t SET name = 'Eve'");
  await clock.advance(500);
  await writing;
  expect(truth.stats()).toMatchObject({ fresh: 0, stale: 0, moved: 1 });
  await close();
});

test("stale rows roll the query cache's switch back, right ones never do", async () => {
  for (const isStale of [true, false]) {
    const { clock, truth, write, read, close } = room();
    const rollout = new Rollout({
      optimizations: {
        "query-cache": {
          share: 50,
          guardrails: [{ kind: "staleness", source: truth, maxRate: 0.01 }],
        },
      },
      clock,
      log: () => undefined,
    });
    for (let i = 0; i < 400; i++) {
      if (isStale && i === 100) write([{ id: 1, name: "Eve" }]);
      const id = i % 20;
      await rollout.run("query-cache", id, {
        on: () => read(id),
        off: () => read(id, { useCache: false }),
      });
      await clock.advance(150);
    }
    const { state, share } = rollout.status("query-cache");
    expect(truth.stats().checked).toBeGreaterThan(20);
    if (isStale) expect([state.kind, share]).toEqual(["rolled-back", 0]);
    else expect([state.kind, share, truth.stats().stale]).toEqual(["steady", 50, 0]);
    expect((await read(3, { useCache: rollout.isOn("query-cache", 3) })).cached).toBe(
      !isStale && rollout.isOn("query-cache", 3),
    );
    rollout.close();
    await close();
  }
});

test("rows are the same in whatever order, but not in another number", () => {
  const result = (...rows: Record<string, unknown>[]) => ({ rows, rowCount: rows.length });
  const bare = Object.assign(Object.create(null) as Record<string, unknown>, { a: 1 });
  expect(sameRows(result({ a: 1 }, { a: 2 }), result({ a: 2 }, { a: 1 }))).toBe(true);
  expect(sameRows(result({ a: 1 }), result(bare))).toBe(true);
  expect(sameRows(result({ a: 1 }, { a: 1 }, { a: 2 }), result({ a: 1 }, { a: 2 }, { a: 2 }))).toBe(false);
  expect(sameRows(result({ a: 1 }), result())).toBe(false);
  expect(sameRows(result({ a: 1 }), result({ a: "1" }))).toBe(false);
  expect(sameRows(result({ at: new Date(1) }), result({ at: new Date(1) }))).toBe(true);
  expect(sameRows(result({ at: new Date(1) }), result({ at: new Date(2) }))).toBe(false);
});

test("what has not the shape of a check is told of", () => {
  expect(() => new DatabaseOptimizer({ truth: {} as never })).toThrow("truth: expected");
});
