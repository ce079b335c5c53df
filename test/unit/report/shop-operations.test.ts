import { expect, test } from "vitest";
import { seededRandom } from "../../../src/measure/random.ts";
import {
  dialect,
  shopOperations,
  shopStatements,
} from "../../../src/report/workloads/database/shop-operations.ts";
import { shop, shopRows } from "../../../src/report/workloads/database/shop-schema.ts";
import { zipfKeys } from "../../../src/report/workloads/key-distribution.ts";

const shareOf = (wanted: (index: number) => boolean): number =>
  shopStatements.reduce((sum, { share }, i) => (wanted(i) ? sum + share : sum), 0);

test("5 % of the operations write, and reads are 70 % points, 20 % ranges, 10 % aggregates and joins", () => {
  const write = shareOf((i) => shopStatements[i]?.write === true);
  const point = shareOf((i) => shopStatements[i]?.single === true);
  const aggregate = shareOf((i) => /sum\(/.test(shopStatements[i]?.sql ?? ""));
  expect(write).toBeCloseTo(0.05, 12);
  expect(point / 0.95).toBeCloseTo(0.7, 12);
  expect(aggregate / 0.95).toBeCloseTo(0.1, 12);
  expect(shareOf(() => true)).toBeCloseTo(1, 12);
});

test("operations come in these shares, with keys that exist, and are the same for the same seed", () => {
  const operations = shopOperations(20_000, 0.99, 7);
  const counts = new Array<number>(shopStatements.length).fill(0);
  operations.statement.forEach((index, at) => {
    counts[index] = (counts[index] ?? 0) + 1;
    const most = shop[shopStatements[index]?.keys ?? "users"];
    expect(operations.key[at]).toBeGreaterThanOrEqual(1);
    expect(operations.key[at]).toBeLessThanOrEqual(most);
  });
  shopStatements.forEach(({ share }, i) => {
    expect(Math.abs((counts[i] ?? 0) / 20_000 - share)).toBeLessThan(0.01);
  });
  expect(shopOperations(20_000, 0.99, 7)).toEqual(operations);
  expect(shopOperations(20_000, 0.99, 8)).not.toEqual(operations);
});

test("a longer sequence begins with the shorter one, so that rounds may be added", () => {
  const short = shopOperations(100, 0.99, 7);
  const long = shopOperations(200, 0.99, 7);
  expect(long.key.slice(0, 100)).toEqual(short.key);
  expect(long.statement.slice(0, 100)).toEqual(short.statement);
});

test("Zipf's law holds: the most wanted key's share is 1 over the harmonic sum, the tenth's a tenth of it", () => {
  const [size, exponent, draws] = [1000, 0.99, 200_000];
  const choose = zipfKeys(size, exponent, 1, seededRandom(3));
  const counts = new Map<number, number>();
  for (let i = 0; i < draws; i++) {
    const key = choose();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const ranked = [...counts.values()].sort((a, b) => b - a);
  let sum = 0;
  for (let k = 1; k <= size; k++) sum += 1 / k ** exponent;
  expect((ranked[0] ?? 0) / draws).toBeCloseTo(1 / sum, 2);
  expect((ranked[0] ?? 0) / (ranked[9] ?? 1)).toBeCloseTo(10 ** exponent, 0);
});

test("exponent 0 wants all keys alike, and every key comes", () => {
  const choose = zipfKeys(10, 0, 1, seededRandom(3));
  const counts = new Array<number>(11).fill(0);
  for (let i = 0; i < 100_000; i++) counts[choose()]!++;
  expect(counts[0]).toBe(0);
  for (const count of counts.slice(1)) expect(Math.abs(count / 10_000 - 1)).toBeLessThan(0.05);
});

test("a statement is written in each engine's dialect", () => {
  const sql = "UPDATE {users} SET last_seen = ? WHERE id = ?";
  expect(dialect(sql)).toBe("UPDATE users SET last_seen = ? WHERE id = ?");
  expect(dialect(sql, "s")).toBe("UPDATE s.users SET last_seen = $1 WHERE id = $2");
});

test("the shop holds 50,000 rows, the same for the same seed", () => {
  const rows = shopRows(1);
  expect(Object.values(rows).reduce((sum, table) => sum + table.length, 0)).toBe(50_000);
  expect(rows.reviews[19_999]?.[0]).toBe(20_000);
  expect(shopRows(1)).toEqual(rows);
});
