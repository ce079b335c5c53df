import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { expect, test } from "vitest";
import { v8Codec } from "../../../../src/cache/codec/v8-codec.ts";
import { notPlain, readPlain } from "../../../../src/cache/codec/v8-plain.ts";

/** As V8's own reader gives it; `undefined` where that refuses the bytes. */
function byV8(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: deserialize(bytes) };
  } catch {
    // Whatever it says of them: they are no value.
    return undefined;
  }
}

function freezeAll(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const part of Object.values(value)) freezeAll(part);
  Object.freeze(value);
}

const plain = fc.oneof(
  fc.jsonValue({ stringUnit: "binary" }),
  fc.array(fc.oneof(fc.double(), fc.integer(), fc.constant(undefined), fc.string({ unit: "grapheme" }))),
  fc.dictionary(fc.oneof(fc.string(), fc.nat(200).map(String)), fc.anything(), { maxKeys: 6 }),
);

test("whatever is read is what V8 reads, of frozen values as well", () => {
  let read = 0;
  fc.assert(
    fc.property(plain, fc.boolean(), (value, isFrozen) => {
      if (isFrozen) freezeAll(value);
      const bytes = serialize(value);
      const own = readPlain(bytes);
      if (own === notPlain) return;
      read++;
      const theirs = deserialize(bytes);
      expect(own).toStrictEqual(theirs);
      expect(Reflect.ownKeys(Object(own))).toEqual(Reflect.ownKeys(Object(theirs)));
    }),
    { numRuns: 500 },
  );
  expect(read).toBeGreaterThan(200);
});

test("rows, texts of any language, numbers and lists of them are read", () => {
  for (const value of [
    { id: 7, name: "Zoë", tags: ["a", "Ω", "日本"], nested: { at: -0.5, on: true, off: false, none: null } },
    [1, -1, 2 ** 31, -(2 ** 31), Number.NaN, -0, Number.POSITIVE_INFINITY, undefined],
    Object.freeze([Object.freeze([]), Object.freeze({ 1: "one", b: "two" })]),
    "x".repeat(300),
  ])
    expect(readPlain(serialize(value))).toStrictEqual(deserialize(serialize(value)));
});

test.each([
  ["a date", new Date(5)],
  ["a map", new Map([[1, 2]])],
  ["a large integer", 2n ** 70n],
  ["bytes", new Uint8Array(3)],
  ["an array with a gap", Object.assign(new Array<number>(3), { 0: 1, 2: 3 })],
  ["an array with a property", Object.assign([1], { name: "one" })],
  ["a part that is there twice", ((part) => [part, part])({ a: 1 })],
  ["a property that would be the prototype", JSON.parse('{"__proto__":{"polluted":1}}')],
  ["a long text", "x".repeat(3000)],
])("%s is left to V8", (_what, value) => {
  expect(readPlain(serialize(value))).toBe(notPlain);
});

test("no bytes are read that V8 refuses, and none otherwise", () => {
  const tags = [
    0x5f, 0x30, 0x54, 0x46, 0x49, 0x4e, 0x22, 0x63, 0x6f, 0x7b, 0x41, 0x24, 0x61, 0x40, 0, 1, 2, 3, 0x2d,
  ];
  const written = fc.array(fc.oneof(fc.constantFrom(...tags), fc.nat(255)), { maxLength: 30 });
  fc.assert(
    fc.property(written, (rest) => {
      const bytes = Buffer.from([0xff, 0x0f, ...rest]);
      const own = readPlain(bytes);
      if (own !== notPlain) expect(byV8(bytes)).toStrictEqual({ value: own });
    }),
    { numRuns: 20_000 },
  );
});

test.each([
  ["a property that is there twice", [0x6f, 0x22, 1, 0x61, 0x30, 0x22, 1, 0x61, 0x54, 0x7b, 2]],
  ["an index that is there twice", [0x6f, 0x49, 2, 0x30, 0x22, 1, 0x31, 0x54, 0x7b, 2]],
])("%s isn't read, as V8 refuses it", (_what, rest) => {
  const bytes = Buffer.from([0xff, 0x0f, ...rest]);
  expect(byV8(bytes)).toBeUndefined();
  expect(readPlain(bytes)).toBe(notPlain);
});

test.each<[string, PropertyDescriptor]>([
  ["refuse to be overwritten, as they do once it is frozen", { value: "inherited" }],
  ["take in what is set", { get: () => "inherited", set: () => undefined }],
])("properties are the value's own where those of all objects %s", (_how, inherited) => {
  const value = Object.fromEntries([["inheritedHere", 1]]);
  const bytes = serialize([value]);
  Object.defineProperty(Object.prototype, "inheritedHere", { ...inherited, configurable: true });
  let own: unknown;
  let decoded: unknown;
  try {
    own = readPlain(bytes);
    decoded = v8Codec.decode(bytes);
  } finally {
    Reflect.deleteProperty(Object.prototype, "inheritedHere");
  }
  expect(own).toBe(notPlain);
  expect(decoded).toStrictEqual([value]);
});

test("a value that is cut off anywhere, or of another version, isn't read", () => {
  const bytes = serialize({ id: "user:1", roles: Object.freeze(["admin", "Ω"]), age: 36.5 });
  for (let length = 0; length < bytes.length; length++)
    expect(readPlain(bytes.subarray(0, length))).toBe(notPlain);
  const newer = Buffer.from(bytes);
  newer[1] = 16;
  expect(readPlain(newer)).toBe(notPlain);
});
