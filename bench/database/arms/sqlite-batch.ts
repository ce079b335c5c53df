import type { Arm } from "../../../src/measure/index.ts";
import { forever, openEngine, openPlain, temporaryFile } from "./sqlite-databases.ts";

/** One operation of every arm inserts so many rows, and leaves the table empty. */
const rowsPerOperation = 1000;
const create = "CREATE TABLE events (id INTEGER PRIMARY KEY, user_id INT, kind TEXT, amount REAL)";
const insert = "INSERT INTO events VALUES (?, ?, ?, ?)";
const rows = Array.from({ length: rowsPerOperation }, (_, id) => [id, id % 97, `kind ${id % 7}`, id / 3]);

interface Args {
  readonly synchronous: "FULL" | "NORMAL";
}

async function engineArm(
  args: unknown,
  work: (engine: Awaited<ReturnType<typeof openEngine>>) => Promise<void>,
): Promise<Arm> {
  const file = temporaryFile();
  const engine = await openEngine(file.path, { pragmas: { synchronous: (args as Args).synchronous } });
  await engine.execute(create, [], forever);
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        await work(engine);
        await engine.execute("DELETE FROM events", [], forever);
      }
    },
    async answer() {
      await work(engine);
      return (await engine.execute("SELECT count(*) AS n, sum(id) AS ids FROM events", [], forever)).rows[0];
    },
    async close() {
      await engine.close(forever);
      file.remove();
    },
  };
}

/** One statement for all rows, in one transaction. */
export function engineBatch(args: unknown): Promise<Arm> {
  return engineArm(args, async (engine) => {
    await engine.executeBatch(insert, rows, forever);
  });
}

/** Row after row, each its own transaction. */
export function engineAutocommit(args: unknown): Promise<Arm> {
  return engineArm(args, async (engine) => {
    for (const row of rows) await engine.execute(insert, row, forever);
  });
}

function plainArm(args: unknown, transaction: boolean): Arm {
  const file = temporaryFile();
  const database = openPlain(file.path, (args as Args).synchronous);
  database.exec(create);
  const statement = database.prepare(insert);
  const work = async () => {
    if (transaction) database.exec("BEGIN");
    // A caller behind an asynchronous interface awaits each.
    for (const row of rows) await statement.run(...(row as [number, number, string, number]));
    if (transaction) database.exec("COMMIT");
  };
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        await work();
        database.exec("DELETE FROM events");
      }
    },
    async answer() {
      await work();
      return { ...database.prepare("SELECT count(*) AS n, sum(id) AS ids FROM events").get() };
    },
    close() {
      database.close();
      file.remove();
    },
  };
}

/** The built-in driver, row after row, each its own transaction, awaited. */
export const plainAutocommit = (args: unknown): Arm => plainArm(args, false);

/** The built-in driver, by hand in one transaction. */
export const plainTransaction = (args: unknown): Arm => plainArm(args, true);
