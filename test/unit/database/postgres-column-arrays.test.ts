import { expect, test } from "vitest";
import { columnArrays } from "../../../src/database/postgres/column-arrays.ts";
import { loadPrepareValue } from "../../../src/database/postgres/pg-client.ts";

const prepareValue = await loadPrepareValue();
const literal = (...values: unknown[]) =>
  columnArrays(
    values.map((value) => [value]),
    1,
    prepareValue,
  )?.literals[0];

test("numbers and booleans stand bare", () => {
  expect(literal(1, -2.5, 1e30, true, false)).toBe("{1,-2.5,1e+30,true,false}");
});

test("null and undefined are NULL, the text NULL is a text", () => {
  expect(literal(null, undefined, "NULL", "")).toBe('{NULL,NULL,"NULL",""}');
});

test("quotes and backslashes are escaped, braces and commas are not special inside quotes", () => {
  expect(literal('a"b', "a\\b", "{,}", '\\"')).toBe('{"a\\"b","a\\\\b","{,}","\\\\\\""}');
});

test("objects go as JSON, arrays as PostgreSQL's arrays, as pg sends them", () => {
  expect(literal({ a: 'x"' })).toBe('{"{\\"a\\":\\"x\\\\\\"\\"}"}');
  expect(literal([1, null])).toBe('{"{\\"1\\",NULL}"}');
});

test("buffers go as bytea is written, and are told of", () => {
  const arrays = columnArrays(
    [
      [1, Buffer.from("ff00", "hex")],
      [2, null],
    ],
    2,
    prepareValue,
  );
  expect(arrays).toEqual({ literals: ["{1,2}", '{"\\\\xff00",NULL}'], buffers: [false, true] });
});

test("rows of another width are refused", () => {
  expect(columnArrays([[1, 2], [1]], 2, prepareValue)).toBeUndefined();
  expect(columnArrays([[1, 2, 3]], 2, prepareValue)).toBeUndefined();
});

test("dates of any year go as pg sends them, whatever the time zone", () => {
  const dates = [
    0, 1.7e12, -1, 253_402_300_799_999, 253_402_300_800_000, -62_135_596_800_000, -62_135_596_800_001,
  ];
  const zone = process.env.TZ;
  try {
    for (process.env.TZ of ["UTC", "Asia/Kathmandu", "Europe/London", "America/St_Johns"]) {
      const values = dates.map((ms) => new Date(ms));
      expect(literal(...values)).toBe(`{${values.map((date) => `"${prepareValue(date)}"`).join()}}`);
    }
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

test("a date that is none is left to pg", () => {
  expect(literal(new Date(Number.NaN))).toBe(`{"${prepareValue(new Date(Number.NaN))}"}`);
});
