import { expect, test } from "vitest";
import { sealOwnValue, sealValue } from "../../../src/cache/tiered/sealed-value.ts";

class Point {
  x = 1;
}

test("plain objects, arrays and primitives are frozen with all that they hold", () => {
  const value = { list: [{ n: 1 }, null, "text"], bare: Object.assign(Object.create(null), { deep: [1n] }) };
  expect(sealValue(value).isFrozen).toBe(true);
  for (const part of [value, value.list, value.list[0], value.bare, value.bare.deep])
    expect(Object.isFrozen(part)).toBe(true);
  for (const primitive of [null, 0, "", false, 1n]) expect(sealValue(primitive).isFrozen).toBe(true);
});

test("what holds anything else isn't touched", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (const other of [new Map(), new Date(), new Uint8Array(1), new Point(), () => 1, Symbol("s"), cycle]) {
    const value = { first: { n: 1 }, other };
    expect(sealValue(value).isFrozen).toBe(false);
    expect(Object.isFrozen(value)).toBe(false);
    expect(Object.isFrozen(value.first)).toBe(false);
  }
});

test("what is frozen on its surface alone is frozen through", () => {
  const value = Object.freeze({ inner: { n: 1 } });
  expect(sealValue(value).isFrozen).toBe(true);
  expect(Object.isFrozen(value.inner)).toBe(true);
});

test("sizes grow with what is held", () => {
  const size = (value: unknown) => sealValue(value).sizeBytes;
  expect(size("x".repeat(1_000))).toBe(1_008);
  expect(size([1, 2, 3])).toBe(8 + 16 + 3 * 8);
  expect(size({ a: "xy" })).toBe(8 + 48 + 8 + 2);
});

test("parts that are shared at each of many levels are looked through once", () => {
  let plain: readonly unknown[] = [{ n: 1 }];
  for (let level = 0; level < 60; level++) plain = [plain, plain];
  expect(sealValue(plain).isFrozen).toBe(true);
  for (let at: unknown = plain; Array.isArray(at); at = at[0]) expect(Object.isFrozen(at)).toBe(true);
});

test("a large value that leads back to itself isn't touched", () => {
  const rows: unknown[] = Array.from({ length: 20_000 }, (_, id) => ({ id }));
  rows.push({ rows });
  expect(sealValue(rows).isFrozen).toBe(false);
  expect(Object.isFrozen(rows[0])).toBe(false);
});

test("an array that says it has more elements than there are isn't walked through", () => {
  const sparse: unknown[] = [];
  sparse.length = 2 ** 32 - 1;
  expect(sealValue({ sparse }).isFrozen).toBe(false);
  expect(sealValue([undefined, null]).isFrozen).toBe(true);
});

test("a value that nobody else holds is frozen like any other, and as large", () => {
  const make = () => ({ list: [{ n: 1 }, null, "text"], deep: { deeper: [1n] } });
  const value = make();
  expect(sealOwnValue(value)).toEqual(sealValue(make()));
  for (const part of [value, value.list, value.list[0], value.deep, value.deep.deeper])
    expect(Object.isFrozen(part)).toBe(true);
  for (const other of [new Map(), new Date(), new Point()])
    expect(sealOwnValue({ other }).isFrozen).toBe(false);
  // Nothing of that stays for the next value.
  const given = { first: { n: 1 }, other: new Map() };
  sealValue(given);
  expect(Object.isFrozen(given.first)).toBe(false);
});

test("what an array holds beside its elements is frozen, too, or keeps the array from it", () => {
  const make = () => Object.assign(["2026-03"], { groups: { year: "2026" } });
  for (const seal of [sealValue, sealOwnValue]) {
    const value = make();
    expect(seal(value).isFrozen).toBe(true);
    expect([Object.isFrozen(value), Object.isFrozen(value.groups)]).toEqual([true, true]);
    expect(seal(Object.assign(make(), { more: new Map() })).isFrozen).toBe(false);
    // As many properties as elements, but for the one that is missing.
    expect(seal(Object.assign(new Array<number>(1), { groups: {} })).isFrozen).toBe(false);
  }
});
