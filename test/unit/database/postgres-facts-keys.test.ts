import { describe, expect, test } from "vitest";
import { canonicalKey } from "../../../src/database/postgres/canonical-key.ts";

const types = {
  int2: 21,
  int4: 23,
  int8: 20,
  text: 25,
  varchar: 1043,
  uuid: 2950,
  bpchar: 1042,
  numeric: 1700,
};

function keyOf(type: keyof typeof types, value: unknown, deterministic = true): string | undefined {
  const key = { column: "id", type: types[type], typeModifier: -1, deterministic };
  return canonicalKey(key)?.canonical(value);
}

describe("canonical keys", () => {
  test.each(["int2", "int4", "int8"] as const)("%s: one key for each way to write a number", (type) => {
    for (const value of [5, 5n, "5"]) expect(keyOf(type, value)).toBe("5");
    for (const value of [0, -0, 0n, -0n, "0"]) expect(keyOf(type, value)).toBe("0");
    for (const value of [-7, -7n, "-7"]) expect(keyOf(type, value)).toBe("-7");
    expect(keyOf(type, "9007199254740993")).toBe(keyOf(type, 9007199254740993n));
  });

  test.each([
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    "05",
    "+5",
    " 5",
    "5 ",
    "-0",
    "5.0",
    "1e3",
    "0x5",
    "1_000",
    "",
    "x",
    true,
    null,
    undefined,
    [5],
    { a: 5 },
    new Date(0),
    Buffer.from("5"),
  ])("a number written as %o has none", (value) => {
    expect(keyOf("int4", value)).toBeUndefined();
  });

  test("text is its own key, other types have none", () => {
    for (const value of ["", "a", "A", "a ", "é", "e\u0301", "\u{1f600}"])
      expect(keyOf("text", value)).toBe(value);
    for (const value of [5, 5n, true, null, undefined, ["a"], new Date(0)])
      expect(keyOf("text", value)).toBeUndefined();
  });

  test("text with half a surrogate pair has none, for it is sent as another", () => {
    expect(keyOf("text", "a\ud800")).toBeUndefined();
    expect(keyOf("text", "a\ufffd")).toBe("a\ufffd");
  });

  test("a varchar with trailing spaces has none, for an insert may drop them", () => {
    expect(keyOf("varchar", "a")).toBe("a");
    expect(keyOf("varchar", "a ")).toBeUndefined();
  });

  test("a uuid's letters may be of either case, other forms have none", () => {
    const id = "0123abcd-0123-4567-89ab-0123456789ab";
    expect(keyOf("uuid", id)).toBe(id);
    expect(keyOf("uuid", id.toUpperCase())).toBe(id);
    for (const value of [`{${id}}`, id.replaceAll("-", ""), ` ${id}`, `${id}0`, id.slice(1), 5])
      expect(keyOf("uuid", value)).toBeUndefined();
  });

  test("types that know other ways to be equal have no keys", () => {
    expect(keyOf("bpchar", "a")).toBeUndefined();
    expect(keyOf("numeric", 1)).toBeUndefined();
    expect(keyOf("text", "a", false)).toBeUndefined();
  });
});
