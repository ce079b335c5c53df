import { systemClock } from "../../../src/clock.ts";
import type { QueryResult } from "../../../src/database/driver.ts";
import { ReaderThreads } from "../../../src/database/sqlite/reader-threads.ts";
import { StatementPlan } from "../../../src/database/sqlite/statement-plan.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { forever, openEngine, openPlain, temporaryFile } from "./sqlite-databases.ts";

const users = 10_000;
const sql = "SELECT id, name, age FROM users WHERE id = ?";
type User = { readonly name: string };

function filledFile() {
  const file = temporaryFile();
  const database = openPlain(file.path, "NORMAL");
  database.exec("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INT); BEGIN");
  const insert = database.prepare("INSERT INTO users VALUES (?, ?, ?)");
  for (let id = 0; id < users; id++) insert.run(id, `user ${id}`, id % 90);
  database.exec("COMMIT");
  database.close();
  return file;
}

function reading(read: (id: number) => User, close: () => void | Promise<void>): Arm {
  let length = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) length += read(i % users).name.length;
    },
    answer: () => [{ ...read(0) }, { ...read(users - 1) }],
    counters: () => ({ length }),
    close,
  };
}

function awaiting(read: (id: number) => Promise<User>, close: () => Promise<void>): Arm {
  let length = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) length += (await read(i % users)).name.length;
    },
    answer: async () => [{ ...(await read(0)) }, { ...(await read(users - 1)) }],
    counters: () => ({ length }),
    close,
  };
}

/** A budget that no pause of the machine exceeds: this arm is about running in place. */
export async function engine(): Promise<Arm> {
  const file = filledFile();
  const opened = await openEngine(file.path, { blockBudgetMs: 10_000 });
  const read = (id: number) => (opened.execute(sql, [id], forever) as QueryResult).rows[0] as unknown as User;
  return reading(read, async () => {
    await opened.close(forever);
    file.remove();
  });
}

/** The look for other processes' commits that every cached read begins with. */
export async function coherent(): Promise<Arm> {
  const file = filledFile();
  const opened = await openEngine(file.path);
  let looks = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) looks += opened.coherent() ? 1 : 0;
    },
    counters: () => ({ looks }),
    async close() {
      await opened.close(forever);
      file.remove();
    },
  };
}

export function plain(): Arm {
  const file = filledFile();
  const database = openPlain(file.path, "NORMAL");
  const statement = database.prepare(sql);
  return reading(
    (id) => statement.get(id) as unknown as User,
    () => {
      database.close();
      file.remove();
    },
  );
}

/** Not typed from the package: it may not be installed when the benchmarks are type-checked. */
interface BetterSqlite {
  prepare(sql: string): { get(id: number): User };
  close(): void;
}

export async function betterSqlite(): Promise<Arm> {
  const specifier = "better-sqlite3";
  const { default: Database } = (await import(specifier)) as { default: new (path: string) => BetterSqlite };
  const file = filledFile();
  const database = new Database(file.path);
  const statement = database.prepare(sql);
  return reading(
    (id) => statement.get(id),
    () => {
      database.close();
      file.remove();
    },
  );
}

/** The same read on a thread, one after the other. */
export async function onThread(): Promise<Arm> {
  const file = filledFile();
  const threads = new ReaderThreads({ path: file.path, pragmas: {}, clock: systemClock, threads: 1 });
  const plan = new StatementPlan(sql, 2);
  const read = async (id: number) => (await threads.read(plan, [id], forever)).rows[0] as unknown as User;
  return awaiting(read, async () => {
    await threads.close();
    file.remove();
  });
}
