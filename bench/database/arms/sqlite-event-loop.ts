import type { Arm } from "../../../src/measure/index.ts";
import { forever, openEngine, openPlain, temporaryFile } from "./sqlite-databases.ts";

/** One operation of every arm: a query that works long for one row, and one that gives many rows. */
const rows = 20_000;
const long =
  "WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < 200000) SELECT count(*) AS n FROM r";
const wide = "SELECT * FROM events ORDER BY id";

function filledFile() {
  const file = temporaryFile();
  const database = openPlain(file.path, "NORMAL");
  database.exec(
    "CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT, amount REAL);" +
      "WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < " +
      `${rows}) INSERT INTO events SELECT x, 'kind ' || (x % 7), x / 3.0 FROM r`,
  );
  database.close();
  return file;
}

/** Runs `work` while the event loop turns as often as it can, and keeps the longest times between two turns. */
function watching(work: () => Promise<number>, warmUp: () => Promise<void>, close: () => Promise<void>): Arm {
  const blocks: number[] = [];
  let given = 0;
  return {
    async run(count) {
      await warmUp();
      for (let i = 0; i < count; i++) {
        let longest = 0;
        let last = performance.now();
        const turn = () => {
          const now = performance.now();
          longest = Math.max(longest, now - last);
          last = now;
          next = setImmediate(turn);
        };
        let next = setImmediate(turn);
        given = await work();
        await new Promise((resolve) => setImmediate(resolve));
        clearImmediate(next);
        blocks.push(longest);
      }
    },
    answer: () => given,
    counters() {
      const sorted = blocks.toSorted((a, b) => a - b);
      return { medianBlockMs: sorted[sorted.length >> 1]!, longestBlockMs: sorted.at(-1)! };
    },
    close,
  };
}

export async function engine(): Promise<Arm> {
  const file = filledFile();
  const opened = await openEngine(file.path);
  const run = async (sql: string) => (await opened.execute(sql, [], forever)).rowCount;
  const work = async () => (await run(long)) + (await run(wide));
  let warm = false;
  return watching(
    work,
    async () => {
      // A statement's first run is in place; the threads start with the second.
      if (!warm) for (const _ of [1, 2]) await work();
      warm = true;
    },
    async () => {
      await opened.close(forever);
      file.remove();
    },
  );
}

export async function plain(): Promise<Arm> {
  const file = filledFile();
  const database = openPlain(file.path, "NORMAL");
  const [first, second] = [database.prepare(long), database.prepare(wide)];
  return watching(
    async () => first.all().length + second.all().length,
    async () => {},
    async () => {
      database.close();
      file.remove();
    },
  );
}

/** Nothing at all, for about as long as the queries take: what the machine itself does to an event loop. */
export function idle(): Arm {
  return watching(
    async () => {
      const end = performance.now() + 40;
      while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
      return rows + 1;
    },
    async () => {},
    async () => {},
  );
}
