import { expect, test } from "vitest";
import { DatabaseOptimizer } from "../../../src/database/index.ts";
import { startMemcached } from "../../services/memcached.ts";
import { startRedis } from "../../services/redis.ts";
import { useMariadb } from "../../services/use-mariadb.ts";
import { useService } from "../../services/use-service.ts";

const mariadb = useMariadb();
const redis = useService(() => startRedis());
const memcached = useService(() => startMemcached());

test.each(["redis", "memcached"] as const)(
  "two optimizers on MariaDB share rows by %s, with their types, and tell each other what they write",
  async (kind) => {
    const tier = { url: kind === "redis" ? redis().url : `memcached://127.0.0.1:${memcached().port}` };
    const open = () =>
      new DatabaseOptimizer({ url: mariadb().url, tier, coherence: "tier", timeoutMs: 20_000 });
    await using a = open();
    await using b = open();
    await a.executeQuery(`DROP TABLE IF EXISTS kinds`);
    await a.executeQuery(`CREATE TABLE kinds
      (id INT PRIMARY KEY, at DATETIME(3), bytes VARBINARY(9), big BIGINT, exact DECIMAL(20, 4), f DOUBLE, doc JSON)`);
    await a.executeQuery(
      `INSERT INTO kinds VALUES (1, '2024-02-29 12:34:56.789', x'00ff10', 9007199254740993, 1.1, 0.1, '{"a": [1]}')`,
    );
    const sql = "SELECT * FROM kinds WHERE id = ?";
    const own = await a.executeQuery(sql, [1]);
    await expect.poll(async () => (await b.executeQuery(sql, [1])).cached).toBe(true);
    const shared = await b.executeQuery(sql, [1]);
    expect(shared.rows).toStrictEqual(own.rows);
    expect(shared.rows).toStrictEqual((await b.executeQuery(sql, [1], { useCache: false })).rows);
    for (let i = 1; i <= 10; i++) {
      await a.executeQuery("UPDATE kinds SET f = ? WHERE id = ?", [i, 1]);
      expect((await b.executeQuery(sql, [1], { after: a.token() })).rows[0]!.f).toBe(i);
    }
    await a.transaction(async (transaction) => {
      await transaction.executeQuery("UPDATE kinds SET f = -1");
    });
    expect((await b.executeQuery(sql, [1], { after: a.token() })).rows[0]!.f).toBe(-1);
  },
);
