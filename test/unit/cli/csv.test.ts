import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCsv } from "../../../src/cli/csv.ts";

test("reads quoted fields, line ends of both kinds, a byte order mark, and quotes where none belong", () => {
  expect(parseCsv('\uFEFFa,b\r\n"x, ""y""\nz",2\n\n,\n5" disk,"q"r\nlast')).toEqual([
    ["a", "b"],
    ['x, "y"\nz', "2"],
    ["", ""],
    ['5" disk', "qr"],
    ["last"],
  ]);
  expect(parseCsv("")).toEqual([]);
  expect(parseCsv('"open')).toEqual([["open"]]);
});

test("reads what was written", () => {
  const rows = fc.array(
    fc.array(fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", " ") }), {
      minLength: 2,
      maxLength: 4,
    }),
  );
  fc.assert(
    fc.property(rows, (given) => {
      const text = given
        .map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(","))
        .join("\r\n");
      expect(parseCsv(text)).toEqual(given);
    }),
  );
});
