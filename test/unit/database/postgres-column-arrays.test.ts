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

test("dates go as pg sends them", () => {
  const dates = [new Date(1.7e12), new Date(-62_135_596_800_001)];
  expect(literal(...dates)).toBe(`{${dates.map((date) => `"${prepareValue(date)}"`).join()}}`);
});
