import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { useMariadb } from "../../services/use-mariadb.ts";
import { usePostgres } from "../../services/use-postgres.ts";
import { databaseContract } from "../../support/database-contract.ts";

const postgres = usePostgres();
const mariadb = useMariadb();
const file = join(tmpdir(), `victor-contract-${process.pid}.db`);
afterAll(() => {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
});

const tables = ["posts", "users", "others", "kinds", "counts"];
const drops = [
  ...["shown_again", "shown"].map((view) => `DROP VIEW IF EXISTS ${view}`),
  ...tables.map((table) => `DROP TABLE IF EXISTS ${table}`),
];

databaseContract("SQLite", () => ({
  // What is proven cheap isn't cached: here nothing runs often enough for that.
  options: () => ({ url: `sqlite:${file}` }),
  reset: drops,
  types: { text: "TEXT", bytes: "BLOB", moment: "TEXT" },
  trigger: ["CREATE TRIGGER counted AFTER INSERT ON users BEGIN UPDATE counts SET n = n + 1; END"],
  truncate: (table) => `DELETE FROM ${table}`,
  volatile: [
    "SELECT id, random() AS r FROM users",
    "SELECT id, datetime('now') AS t FROM users",
    "SELECT changes() AS n",
  ],
  // It runs inside of the process; what may take long goes to a thread, which sqlite-threads.test.ts cuts.
  endless: undefined,
  duplicate: { errcode: 1555 },
  syntaxError: { errcode: 1 },
}));

databaseContract("PostgreSQL", () => ({
  options: () => ({ url: postgres().url, coherence: "exclusive", pool: { maxSize: 4 } }),
  reset: [...drops, "DROP FUNCTION IF EXISTS count_users()"],
  types: { text: "varchar(100)", bytes: "bytea", moment: "timestamptz" },
  trigger: [
    "CREATE FUNCTION count_users() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE counts SET n = n + 1; RETURN NULL; END $$",
    "CREATE TRIGGER counted AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION count_users()",
  ],
  truncate: (table) => `TRUNCATE ${table}`,
  volatile: [
    "SELECT id, random() AS r FROM users",
    "SELECT id, now() AS t FROM users",
    "SELECT id FROM users FOR UPDATE",
    "SELECT pg_backend_pid() AS pid",
  ],
  endless: "SELECT pg_sleep(600)",
  duplicate: { code: "23505" },
  syntaxError: { code: "42601" },
}));

databaseContract("MariaDB", () => ({
  options: () => ({ url: mariadb().url, coherence: "exclusive", pool: { maxSize: 4 } }),
  reset: drops,
  types: { text: "varchar(100)", bytes: "varbinary(100)", moment: "datetime(3)" },
  trigger: ["CREATE TRIGGER counted AFTER INSERT ON users FOR EACH ROW UPDATE counts SET n = n + 1"],
  truncate: (table) => `TRUNCATE ${table}`,
  volatile: [
    "SELECT id, RAND() AS r FROM users",
    "SELECT id, NOW() AS t FROM users",
    "SELECT id, CURRENT_TIMESTAMP AS t FROM users",
    "SELECT id, UUID() AS u FROM users",
    "SELECT LAST_INSERT_ID() AS id",
    "SELECT id, @x AS x FROM users",
    "SELECT id, @@session.time_zone AS z FROM users",
    "SELECT id FROM users FOR UPDATE",
    "SELECT id FROM users LOCK IN SHARE MODE",
    "SELECT GET_LOCK('contract', 0) AS l",
    "SELECT id, SLEEP(0) AS s FROM users",
    "SELECT id FROM users WHERE name <> CURRENT_USER()",
    "SELECT table_name FROM information_schema.tables LIMIT 1",
    "SHOW TABLES",
    "SELECT /*!50001 id, */ name FROM users",
  ],
  endless: "SELECT SLEEP(600)",
  duplicate: { code: "ER_DUP_ENTRY", errno: 1062 },
  syntaxError: { code: "ER_PARSE_ERROR" },
}));
