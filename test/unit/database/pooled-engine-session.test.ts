import { expect, test } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { DatabaseOptimizer } from "../../../src/database/index.ts";
import type { StatementFacts } from "../../../src/database/statement-facts.ts";
import { FakeDriver } from "../../support/fake-driver.ts";

const none = { reads: [], writes: [], cacheable: false } as const;

async function opened(facts: StatementFacts): Promise<{ db: DatabaseOptimizer; driver: FakeDriver }> {
  const driver = new FakeDriver(systemClock);
  const plain = driver.dependencies.bind(driver);
  driver.dependencies = (sql) => (sql.startsWith("DO") ? facts : plain(sql));
  const db = new DatabaseOptimizer({ driver, pool: { maxSize: 1 } });
  await db.initialize();
  return { db, driver };
}

test("A transaction refuses a statement that may commit it, and sends none of it", async () => {
  const { db, driver } = await opened({ kind: "ddl", ...none, writes: "all", commits: true });
  await expect(db.transaction((inner) => inner.executeQuery("DO this"))).rejects.toThrow(
    /DO THIS: this commits what the transaction has done so far/,
  );
  expect(driver.log.filter((line) => line.endsWith("DO this"))).toEqual([]);
  expect(driver.log.at(-1)).toMatch(/ROLLBACK$/);
  await db.executeQuery("DO this");
  expect(driver.log.at(-1)).toMatch(/DO this$/);
  await db.close();
});

test("A connection whose session a statement changed besides is not given to the next user", async () => {
  const { db, driver } = await opened({ kind: "write", ...none, writes: ["t"], changesSession: true });
  await db.executeQuery("SELECT 1");
  await db.executeQuery("DO this");
  await db.executeQuery("SELECT 1");
  const ids = driver.log.filter((line) => /SELECT|DO/.test(line)).map((line) => line.split(" ")[0]);
  expect(ids[0]).toBe(ids[1]);
  expect(ids[2]).not.toBe(ids[1]);
  await db.close();
});
