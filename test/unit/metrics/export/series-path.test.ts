import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainDecimal } from "../../../../src/metrics/export/plain-decimal.ts";
import { labelPath, namePath, pathSegment } from "../../../../src/metrics/export/series-path.ts";

const text = fc.string({ unit: "binary", maxLength: 60 });

describe("a segment", () => {
  test("has nothing in it that a line, a path or a tag gives a meaning to", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400, size: "max" }), (value) => {
        expect(pathSegment(value)).toMatch(/^[A-Za-z0-9_%-]{1,200}$/);
      }),
    );
  });

  test("is never the same for two texts", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        fc.pre(a.toWellFormed() !== b.toWellFormed());
        expect(pathSegment(a)).not.toBe(pathSegment(b));
      }),
    );
    expect(pathSegment("")).not.toBe(pathSegment("empty"));
    expect(pathSegment("a%2Fb")).not.toBe(pathSegment("a/b"));
  });

  test("of a long text ends in a hash that tells it from others with that beginning", () => {
    const [a, b] = [pathSegment(`${"x".repeat(300)}a`), pathSegment(`${"x".repeat(300)}b`)];
    expect([a.length <= 200, b.length <= 200, a === b]).toEqual([true, true, false]);
  });
});

test("a name's dots are the path's, and one without anything between is still a path", () => {
  expect(namePath("db.client.connection.count")).toBe("db.client.connection.count");
  expect(namePath("..")).toBe("%empty.%empty.%empty");
});

test("labels stand in order of their names, whatever order they come in", () => {
  expect(labelPath({ b: "2", a: "1" })).toBe(".a.1.b.2");
  expect(labelPath({})).toBe("");
});

describe("a plain decimal", () => {
  test("is read as the number it was", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const written = plainDecimal(value);
        expect(written).toMatch(/^-?\d+(\.\d+)?$/);
        if (Math.abs(value) >= 1) expect(Number(written)).toBe(value);
        else expect(Math.abs(Number(written) - value)).toBeLessThanOrEqual(5e-21);
      }),
    );
  });

  test("has no exponent", () => {
    expect([1e-7, 1e21, -1.5e-9, 1e-30, 0.1].map(plainDecimal)).toEqual([
      "0.0000001",
      "1000000000000000000000",
      "-0.0000000015",
      "0",
      "0.1",
    ]);
  });
});
