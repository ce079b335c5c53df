/** What are the reference's best practices for databases worth, on SQLite in the process and on PostgreSQL over loopback? */
import { startPostgres } from "../../test/services/postgres.ts";
import { measurePractices } from "../practice.ts";

await using server = await startPostgres();
const postgres = { url: server.url };
await measurePractices(new URL("./arms/database.ts", import.meta.url), [
  {
    id: "summary",
    work: "a summary of 20,000 rows, read again and again, SQLite",
    bad: "`useCache: false`",
    good: "cached",
  },
  {
    id: "pointReadOverNetwork",
    work: "a row by its key, PostgreSQL",
    bad: "`useCache: false`",
    good: "cached",
    args: postgres,
  },
  { id: "pointRead", work: "a row by its key, SQLite", bad: "`useCache: false`", good: "cached" },
  {
    id: "writtenEachTime",
    work: "the summary, after a write each time, SQLite",
    bad: "`useCache: false`",
    good: "cached",
  },
  { id: "inserts", work: "100 new rows, SQLite", bad: "a loop of statements", good: "`executeBatch`" },
  {
    id: "insertsOverNetwork",
    work: "100 new rows, PostgreSQL",
    bad: "a loop of statements",
    good: "`executeBatch`",
    args: postgres,
  },
  {
    id: "connections",
    work: "a query, PostgreSQL",
    bad: "a connection for each",
    good: "the pool",
    args: postgres,
  },
]);
