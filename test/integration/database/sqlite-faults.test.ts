import { execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { openEngine, temporaryFolder } from "./sqlite-support.ts";

const engineUrl = new URL("../../../src/database/sqlite/engine.ts", import.meta.url).href;
const clockUrl = new URL("../../../src/clock.ts", import.meta.url).href;

/** Starts each script: an engine on the file that is the first argument. */
const prelude = `
  import { createSqliteEngine } from ${JSON.stringify(engineUrl)};
  import { systemClock } from ${JSON.stringify(clockUrl)};
  const forever = { deadline: Infinity };
  const path = process.argv[2];
  const blockBudgetMs = Number(process.argv[3]);
  const sink = { tables() {}, everything() {}, schema() {} };
  const engine = createSqliteEngine({ path, blockBudgetMs }, sink, systemClock);
  await engine.initialize(forever);
  const run = async (sql, ...params) => engine.execute(sql, params, forever);
`;

function script(folder: string, body: string): string {
  const path = join(folder, "script.mts");
  writeFileSync(path, prelude + body);
  return path;
}

/** How a small disk of its own can be had: as root directly, otherwise in a user namespace. */
function smallDiskCommand(): readonly string[] {
  for (const flags of [["-m"], ["-rm"]])
    try {
      execFileSync("unshare", [...flags, "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"], {
        stdio: "ignore",
      });
      return ["unshare", ...flags];
    } catch {}
  throw new Error(
    "this test needs a small disk: run it as root, or where `unshare -rm` may mount a tmpfs " +
      "(sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0)",
  );
}

/** Budgets under which everything runs in place, or on threads. */
const places = [
  ["inline", 1e9],
  ["on threads", 0.001],
] as const;

describe("a full disk", () => {
  it.each(places)("loses no committed row, and is over as soon as there is room (%s)", (_, budget) => {
    using folder = temporaryFolder();
    const disk = join(folder.path, "disk");
    const file = script(
      folder.path,
      `
      import { rmSync, writeFileSync } from "node:fs";
      const filler = path + ".filler";
      await run("CREATE TABLE t (id INTEGER PRIMARY KEY, data)");
      const data = new Uint8Array(8000);
      let acknowledged = 0;
      writeFileSync(filler, new Uint8Array(2_000_000));
      const failures = [];
      for (let tries = 0; failures.length < 5; tries++)
        try {
          await run("INSERT INTO t VALUES (?, ?)", acknowledged + 1, data);
          acknowledged++;
        } catch (error) {
          failures.push(error.errcode & 0xff);
        }
      const rows = Array.from({ length: 300 }, (_, i) => [10_000 + i, data]);
      const batch = await engine.executeBatch("INSERT INTO t VALUES (?, ?)", rows, forever).catch((error) => error);
      failures.push(batch.cause?.errcode ?? batch.errcode);
      const transaction = await engine.begin(forever);
      let undone;
      try {
        for (let i = 0; i < 300; i++) await transaction.execute("INSERT INTO t VALUES (?, ?)", [20_000 + i, data], forever);
        await transaction.commit(forever);
      } catch (error) {
        undone = error.errcode;
        await transaction.rollback(forever);
      }
      failures.push(undone);
      const count = async () => (await run("SELECT count(*) AS n, max(id) AS last FROM t")).rows[0];
      const whileFull = { ...(await count()) };
      rmSync(filler);
      for (let i = 0; i < 20; i++) await run("INSERT INTO t VALUES (?, ?)", ++acknowledged, data);
      const after = { ...(await count()) };
      const check = (await run("PRAGMA integrity_check")).rows[0].integrity_check;
      await engine.close(forever);
      console.log(JSON.stringify({ acknowledged, failures, whileFull, after, check }));`,
    );
    const command = `mkdir -p "$1" && mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" "$3" "$1/test.db" "$4"`;
    const [unshare, ...flags] = smallDiskCommand();
    const output = execFileSync(
      unshare!,
      [...flags, "sh", "-c", command, "sh", disk, process.execPath, file, String(budget)],
      { encoding: "utf8", timeout: 240_000 },
    );
    const result = JSON.parse(output) as {
      acknowledged: number;
      failures: number[];
      whileFull: { n: number; last: number };
      after: { n: number; last: number };
      check: string;
    };
    const full = 13;
    expect(result.failures).toEqual(Array(7).fill(full));
    expect(result.acknowledged).toBeGreaterThan(20);
    const { acknowledged } = result;
    expect(result.whileFull).toEqual({ n: acknowledged - 20, last: acknowledged - 20 });
    expect(result.after).toEqual({ n: acknowledged, last: acknowledged });
    expect(result.check).toBe("ok");
  });
});

describe("a killed process", () => {
  it.each(places)(
    "keeps every row that was acknowledged, and no half of a transaction (%s)",
    async (_, budget) => {
      using folder = temporaryFolder();
      const path = join(folder.path, "test.db");
      const file = script(
        folder.path,
        `
      await run("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, part)");
      for (let id = 1; ; id += 4) {
        await run("INSERT INTO t VALUES (?, 0)", id);
        await engine.executeBatch("INSERT INTO t VALUES (?, ?)", [[id + 1, 1], [id + 2, 1], [id + 3, 1]], forever);
        process.send(id + 3);
      }`,
      );
      const child = fork(file, [path, String(budget)], { execArgv: [] });
      let acknowledged = 0;
      child.on("message", (id) => {
        acknowledged = id as number;
        if (acknowledged >= 400) child.kill("SIGKILL");
      });
      await once(child, "exit");
      await using opened = await openEngine({ path });
      const result = await opened.engine.execute("SELECT id, part FROM t ORDER BY id", [], {
        deadline: Infinity,
      });
      expect(result.rows.slice(0, acknowledged).map((row) => row.id)).toEqual(
        Array.from({ length: acknowledged }, (_, index) => index + 1),
      );
      expect(result.rows.filter((row) => row.part === 1).length % 3).toBe(0);
    },
  );

  it("is not waited for when it was in the middle of a transaction", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "test.db");
    const file = script(
      folder.path,
      `
      await run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
      const transaction = await engine.begin(forever);
      await transaction.execute("INSERT INTO t VALUES (1)", [], forever);
      process.stdout.write("open");
      setInterval(() => {}, 1000);`,
    );
    const child = spawn(process.execPath, [file, path, "1000"]);
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    await using opened = await openEngine({ path });
    await opened.engine.execute("INSERT INTO t VALUES (2)", [], { deadline: Infinity });
    const { rows } = await opened.engine.execute("SELECT id FROM t", [], { deadline: Infinity });
    expect(rows.map((row) => row.id)).toEqual([2]);
  });
});

describe("a corrupted file", () => {
  it("gives the driver's error, at opening or at the first statement that meets the damage", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "test.db");
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, data)");
    const insert = database.prepare("INSERT INTO t (data) VALUES (zeroblob(3000))");
    for (let i = 0; i < 100; i++) insert.run();
    database.close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xaa, 8192, bytes.length - 8192));
    {
      await using opened = await openEngine({ path });
      expect(() =>
        opened.engine.execute("SELECT sum(length(data)) FROM t", [], { deadline: Infinity }),
      ).toThrow(expect.objectContaining({ code: "ERR_SQLITE_ERROR", errcode: 11 }));
    }
    writeFileSync(path, "this is no database, and long enough to have been one ".repeat(100));
    await expect(openEngine({ path })).rejects.toMatchObject({ code: "ERR_SQLITE_ERROR", errcode: 26 });
  });
});
