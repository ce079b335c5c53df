import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SelectionKey } from "../../../src/tools/caches/selection-key.ts";

type Part =
  | { readonly how: "number"; readonly value: number }
  | { readonly how: "whole" | "text" | "glance"; readonly value: string };

function written(parts: readonly Part[]): SelectionKey {
  const key = new SelectionKey();
  for (const part of parts) {
    if (part.how === "number") key.number(part.value);
    else key[part.how](part.value);
  }
  return key;
}

const text = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.string({ unit: "binary", minLength: 40, maxLength: 700 }),
);
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ how: fc.constant("number" as const), value: fc.integer() }),
  fc.record({ how: fc.constantFrom("whole" as const, "text" as const, "glance" as const), value: text }),
);

describe("a selection's key", () => {
  test("equals what has the same parts, with the same hash, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(part, { maxLength: 8 }), (a, b) => {
        const values = (parts: readonly Part[]) => parts.map(({ value }) => value);
        const taken = written(a).taken();
        expect(taken.parts).toEqual(values(a));
        expect(written(a).equals(taken.parts)).toBe(true);
        expect(written(a).hash).toBe(taken.hash);
        expect(written(b).equals(taken.parts)).toBe(JSON.stringify(values(a)) === JSON.stringify(values(b)));
      }),
    );
  });

  test("tells texts apart that differ where the hash doesn't look", () => {
    const long = "x".repeat(5_000);
    const other = `${long.slice(0, 2_503)}y${long.slice(2_504)}`;
    const first = written([{ how: "text", value: long }]);
    const second = written([{ how: "text", value: other }]);
    expect(second.hash).toBe(first.hash);
    expect(second.equals(first.taken().parts)).toBe(false);
  });

  test("looks at every character of a query of up to 512", () => {
    const hashes = new Set<number>();
    for (let at = 0; at < 512; at++) {
      const value = `${"a".repeat(at)}b${"a".repeat(511 - at)}`;
      hashes.add(written([{ how: "whole", value }]).hash);
    }
    expect(hashes.size).toBe(512);
  });

  test("doesn't mix up where one part ends and the next begins", () => {
    const key = written([
      { how: "text", value: "ab" },
      { how: "text", value: "c" },
    ]);
    const other = written([
      { how: "text", value: "a" },
      { how: "text", value: "bc" },
    ]);
    expect(other.hash).not.toBe(key.hash);
    expect(other.equals(key.taken().parts)).toBe(false);
  });

  test("is written anew after a reset", () => {
    const key = written([{ how: "whole", value: "first" }]);
    key.reset();
    key.whole("second");
    expect(key.taken()).toMatchObject({ units: 6, parts: ["second"] });
  });
});
