import { expect, test } from "vitest";
import { DatabaseOptimizer } from "../../../src/database/optimizer.ts";
import { DeadlineError } from "../../../src/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeDriver } from "../../support/fake-driver.ts";

async function open() {
  const clock = new FakeClock();
  const driver = new FakeDriver(clock);
  const db = new DatabaseOptimizer({ driver, clock });
  const opened = db.initialize();
  await clock.advance(1);
  await opened;
  driver.factsMs = 5000;
  return { clock, driver, db };
}

test("nobody waits beyond his own time for what the database tells of its schema", async () => {
  const { clock, driver, db } = await open();
  const outcomes: unknown[] = [];
  const note = (outcome: unknown) => outcomes.push(outcome);
  const bounds = { timeoutMs: 100 };
  const caller = new AbortController();
  db.executeQuery("SELECT 1", [], bounds).catch(note);
  db.executeQuery("SELECT 1", [], { signal: caller.signal }).catch(note);
  db.executeBatch("INSERT INTO t VALUES (?)", [[1]], bounds).catch(note);
  db.transaction((tx) => tx.executeQuery("UPDATE t SET n = 1"), bounds).catch(note);
  const reason = new Error("left");
  await clock.advance(99);
  expect(outcomes).toEqual([]);
  caller.abort(reason);
  await clock.advance(1);
  expect(outcomes).toEqual([
    reason,
    expect.any(DeadlineError),
    expect.any(DeadlineError),
    expect.any(DeadlineError),
  ]);
  await clock.advance(5000);
  expect(driver.log).toEqual(["0 BEGIN", "0 ROLLBACK"]);
});

test("the time that the facts took is of the query's own", async () => {
  const { clock, driver, db } = await open();
  driver.factsMs = 60;
  driver.answers.set("SELECT 1", { ms: 60 });
  const outcome = db.executeQuery("SELECT 1", [], { timeoutMs: 100 }).catch((error: unknown) => error);
  let isOver = false;
  void outcome.finally(() => {
    isOver = true;
  });
  await clock.advance(99);
  expect(isOver).toBe(false);
  await clock.advance(1);
  expect(await outcome).toBeInstanceOf(DeadlineError);
});
