// pg: types, parameters, prepared statements, errors, transactions, pools, notifications, cursors, streams, cancellation.
import pg from "pg";
import Cursor from "pg-cursor";
import QueryStream from "pg-query-stream";
import { pause, run } from "../harness.mjs";

const connectionString = process.env.TEST_DATABASE_URL;
const { Client, Pool, Query } = pg;
const client = new Client({ connectionString });
await client.connect();
const rows = async (...args) => {
  const { command, rowCount, rows: all, fields } = await client.query(...args);
  return { command, rowCount, all, fields: fields.map(({ name, dataTypeID }) => [name, dataTypeID]) };
};
const eventsOf = (query, names) =>
  new Promise((resolve) => {
    const events = [];
    for (const name of names) query.on(name, (value) => events.push([name, value?.message ?? value?.rowCount ?? value]));
    query.on("end", () => resolve(events));
    query.on("error", () => resolve(events));
  });

await run({
  types: () => rows("select 1::int4 i, 2::int8 b, 1.5::numeric n, 'x'::text t, true yes, null as nothing, '{1,2}'::int[] a, '{\"a\":1}'::json j, '\\x0102'::bytea by, '2020-01-02'::date::text d, '1 day'::interval iv, 'NaN'::float8 f"),
  parameters: () => rows("select $1::text a, $2::int b, $3::jsonb c, $4::text[] d, $5::bytea e", ["x", 2, { k: [1] }, ["a", null], Buffer.from([1, 2])]),
  arrayRows: () => rows({ text: "select 1 a, 2 a", rowMode: "array" }),
  ownTypes: () => rows({ text: "select 1 a", types: { getTypeParser: () => (value) => `parsed ${value}` } }),
  create: () => rows("create table items (id serial primary key, name text not null unique, at int check (at > 0))"),
  insert: () => rows("insert into items (name, at) values ($1, 1), ($2, 2) returning id, name", ["one", "two"]),
  update: () => rows("update items set at = at + 1"),
  several: async () => (await client.query("select 1 a; select 2 b; select 3 c")).map(({ rows: all }) => all),
  empty: () => rows(""),
  named: async () => [await rows({ name: "byId", text: "select name from items where id = $1", values: [1] }), await rows({ name: "byId", values: [2] })],
  namedTwice: () => client.query({ name: "byId", text: "select 2" }),
  syntaxError: () => client.query("selec 1"),
  missingTable: () => client.query("select * from none"),
  uniqueViolation: () => client.query("insert into items (name, at) values ('one', 1)"),
  checkViolation: () => client.query("insert into items (name, at) values ('z', 0)"),
  badParameter: () => client.query("select $1::int", ["x"]),
  tooFewParameters: () => client.query("select $1::int, $2::int", [1]),
  valuesNoArray: () => client.query("select 1", "x"),
  noText: () => client.query({}),
  noArguments: () => client.query(),
  errorInstance: () => client.query("selec").catch((error) => [error instanceof pg.DatabaseError, error.severity, error.position, error.routine, Object.keys(error)]),
  afterErrors: () => rows("select 'still works' s"),
  callback: () => new Promise((resolve) => client.query("select 1 a", (error, result) => resolve([error, result.rows]))),
  callbackError: () => new Promise((resolve) => client.query("selec", (error, result) => resolve([error.code, result]))),
  callbackValues: () => new Promise((resolve) => client.query("select $1::int a", [5], (_, result) => resolve(result.rows))),
  callbackReturns: () => typeof client.query("select 1", () => {}),
  queryObject: () => eventsOf(client.query(new Query("select generate_series(1, 3) n")), ["row"]),
  queryObjectError: () => eventsOf(client.query(new Query("selec")), ["row", "error"]),
  queryShape: () => [Object.getOwnPropertyNames(Query.prototype).sort(), ["submit", "handleError", "handleReadyForQuery"].map((key) => [Query.prototype[key].name, Query.prototype[key].length, Object.getOwnPropertyDescriptor(Query.prototype, key).enumerable])],
  queryKeys: () => Object.keys(new Query("select 1")).sort(),
  exports: () => Object.keys(pg).sort(),
  clientKeys: () => Object.keys(client).sort(),
  rejectsUnhandled: async () => {
    const unhandled = new Promise((resolve) => process.once("unhandledRejection", (error) => resolve(error.code)));
    client.query("selec 2");
    return unhandled;
  },
  transaction: async () => {
    await client.query("begin");
    await client.query("insert into items (name, at) values ('three', 3)");
    await client.query("selec").catch(() => {});
    const inFailed = await client.query("select 1").catch((error) => error.code);
    await client.query("rollback");
    return [inFailed, (await rows("select count(*)::int n from items")).all];
  },
  queued: async () => (await Promise.all([1, 2, 3].map((n) => client.query("select $1::int n", [n])))).map(({ rows: all }) => all[0].n),
  cursor: async () => {
    const cursor = client.query(new Cursor("select generate_series(1, 5) n"));
    const parts = [await cursor.read(2), await cursor.read(2), await cursor.read(2)];
    await cursor.close();
    return parts;
  },
  cursorError: async () => {
    const cursor = client.query(new Cursor("selec"));
    await cursor.read(1);
  },
  stream: async () => {
    const all = [];
    for await (const row of client.query(new QueryStream("select generate_series(1, $1) n", [4], { batchSize: 2 }))) all.push(row.n);
    return all;
  },
  notify: async () => {
    const heard = new Promise((resolve) => client.once("notification", ({ channel, payload }) => resolve([channel, payload])));
    await client.query("listen news");
    await client.query("notify news, 'payload'");
    return heard;
  },
  notice: async () => {
    const heard = new Promise((resolve) => client.once("notice", ({ message, severity }) => resolve([message, severity])));
    await client.query("do $$ begin raise notice 'noticed'; end $$");
    return heard;
  },
  statementTimeout: async () => {
    const own = new Client({ connectionString, statement_timeout: 50 });
    await own.connect();
    try {
      return await own.query("select pg_sleep(5)");
    } finally {
      await own.end();
    }
  },
  queryTimeout: async () => {
    const own = new Client({ connectionString, query_timeout: 50 });
    await own.connect();
    try {
      return await own.query("select pg_sleep(0.3)");
    } finally {
      await own.end();
    }
  },
  cancel: async () => {
    const pid = client.processID;
    const other = new Client({ connectionString });
    await other.connect();
    const sleeping = client.query("select pg_sleep(20)").catch((error) => [error.code, error.message]);
    await pause(100);
    await other.query("select pg_cancel_backend($1)", [pid]);
    await other.end();
    return sleeping;
  },
  terminated: async () => {
    const own = new Client({ connectionString });
    own.on("error", () => {});
    await own.connect();
    const ended = new Promise((resolve) => own.once("end", resolve));
    await own.query("select pg_terminate_backend(pg_backend_pid())").catch((error) => error.code);
    await ended;
    return own.query("select 1");
  },
  refused: async () => {
    const own = new Client({ host: "127.0.0.1", port: 1 });
    await own.connect();
  },
  wrongDatabase: async () => {
    const own = new Client({ connectionString: connectionString.replace(/\/[^/]*$/, "/none") });
    await own.connect();
  },
  ended: async () => {
    const own = new Client({ connectionString });
    await own.connect();
    await own.end();
    return own.query("select 1");
  },
  pool: async () => {
    const pool = new Pool({ connectionString, max: 2, idleTimeoutMillis: 50 });
    const events = [];
    for (const name of ["connect", "acquire", "release", "remove"]) pool.on(name, () => events.push(name));
    const answers = await Promise.all([1, 2, 3, 4].map((n) => pool.query("select $1::int n", [n])));
    const counts = [pool.totalCount, pool.idleCount, pool.waitingCount];
    const held = await pool.connect();
    await held.query("select 1");
    held.release();
    await pool.end();
    return [answers.map(({ rows: all }) => all[0].n), counts, events.sort(), pool.options.max, pool.ended];
  },
  poolDefaults: async () => {
    const pool = new Pool({ connectionString });
    const { max, min, idleTimeoutMillis, connectionTimeoutMillis, maxUses, allowExitOnIdle } = pool.options;
    await pool.end();
    return { max, min, idleTimeoutMillis, connectionTimeoutMillis, maxUses, allowExitOnIdle };
  },
  poolTimeout: async () => {
    const pool = new Pool({ connectionString, max: 1 });
    const held = await pool.connect();
    // Not before: connecting may take longer on a busy machine.
    pool.options.connectionTimeoutMillis = 50;
    try {
      return await pool.query("select 1");
    } finally {
      held.release();
      await pool.end();
    }
  },
  poolError: async () => {
    const pool = new Pool({ connectionString, max: 1 });
    const code = await pool.query("selec").catch((error) => error.code);
    const works = (await pool.query("select 1 a")).rows;
    await pool.end();
    return [code, works];
  },
  domainOfNames: async () => {
    const own = new Client({ connectionString: connectionString.replace("127.0.0.1", "localhost") });
    await own.connect();
    const answer = (await own.query("select 1 a")).rows;
    await own.end();
    return answer;
  },
  escapes: () => [client.escapeLiteral("it's"), client.escapeIdentifier('a"b'), pg.escapeLiteral("x")],
});
await client.end();
