import { serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesCodec } from "../../../../src/cache/codec/bytes-codec.ts";
import { checkCodec, codecOf } from "../../../../src/cache/codec/codec.ts";
import { jsonCodec } from "../../../../src/cache/codec/json-codec.ts";
import { v8Codec } from "../../../../src/cache/codec/v8-codec.ts";

/** Writes V8's format by hand: version 15, then the tags. */
const v8Bytes = (...tags: readonly number[]): Uint8Array => Uint8Array.from([0xff, 0x0f, ...tags]);
const longest = [0xff, 0xff, 0xff, 0xff, 0x0f];

describe("v8", () => {
  test("gives back whatever can be cloned", () => {
    const value = { map: new Map([[1, new Set(["a"])]]), at: new Date(5), big: 2n ** 70n, none: undefined };
    expect(v8Codec.decode(v8Codec.encode(value))).toStrictEqual(value);
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withMap: true, withSet: true, withDate: true }), (any) => {
        expect(v8Codec.decode(v8Codec.encode(any))).toEqual(any);
      }),
    );
  });

  test("refuses what can't be cloned", () => {
    expect(() => v8Codec.encode(() => 1)).toThrow(/could not be cloned/);
  });

  test("gives bytes of their own, not views of what came", () => {
    const came = Buffer.from(v8Codec.encode({ body: Buffer.from("body") }));
    const { body } = v8Codec.decode(came) as { body: Buffer };
    came.fill(0);
    expect(body.toString()).toBe("body");
  });

  test("refuses an array that is longer than the bytes there are", () => {
    expect(() => v8Codec.decode(v8Bytes(0x41, ...longest))).toThrow();
  });

  test("refuses nesting that would exhaust the stack", () => {
    const nested = new Array<number>(200_000).fill(0x41).map((tag, i) => (i % 2 ? 1 : tag));
    expect(() => v8Codec.decode(v8Bytes(...nested))).toThrow(RangeError);
  });

  test.each([
    ["shared memory", [0x75, 0]],
    ["a transferred buffer", [0x74, 0]],
    ["a WebAssembly module", [0x57, 0x79, 0, 0]],
    ["an unknown kind of view", [0x5c, 99, 4, 1, 2, 3, 4]],
    ["a view that is longer than the bytes", [0x5c, 1, ...longest, 1]],
  ])("refuses %s", (_what, tags) => {
    expect(() => v8Codec.decode(v8Bytes(...tags))).toThrow();
  });

  test("lets no bytes reach a prototype", () => {
    const proto = serialize(JSON.parse('{"__proto__":{"polluted":1}}'));
    const value = v8Codec.decode(proto) as { polluted?: number };
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(value.polluted).toBeUndefined();
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test("throws or gives a value, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (tags) => {
        try {
          v8Codec.decode(v8Bytes(...tags));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("json", () => {
  test("gives back what JSON knows", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(jsonCodec.decode(jsonCodec.encode(value))).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  test("refuses to encode what JSON doesn't know", () => {
    expect(() => jsonCodec.encode(undefined)).toThrow(TypeError);
    expect(() => jsonCodec.encode(() => 1)).toThrow(TypeError);
    expect(() => jsonCodec.encode(1n)).toThrow(TypeError);
  });

  test("refuses bytes that aren't UTF-8, or aren't JSON", () => {
    expect(() => jsonCodec.decode(Uint8Array.from([0x22, 0xff, 0x22]))).toThrow(TypeError);
    expect(() => jsonCodec.decode(Buffer.from("{"))).toThrow(SyntaxError);
    expect(() => jsonCodec.decode(new Uint8Array())).toThrow(SyntaxError);
  });
});

describe("bytes", () => {
  test("gives back a copy of what was stored", () => {
    const came = Buffer.from("body");
    const decoded = bytesCodec.decode(came);
    came.fill(0);
    expect(Buffer.from(decoded).toString()).toBe("body");
    expect(decoded.buffer.byteLength).toBe(4);
  });

  test("refuses what isn't bytes", () => {
    expect(() => bytesCodec.encode("body" as never)).toThrow(TypeError);
  });
});

describe("of one's own", () => {
  const own = {
    mark: "length",
    encode: (value: string) => Buffer.from(value),
    decode: (bytes: Uint8Array) => "x".repeat(bytes.length),
  };

  test("is taken when it has all parts", () => {
    expect(codecOf(own).decode(codecOf(own).encode("abc"))).toBe("xxx");
    expect(checkCodec(v8Codec)).toBe(v8Codec);
  });

  test("is refused without a part, or with a mark that can't be one", () => {
    expect(() => codecOf({ ...own, encode: undefined as never })).toThrow(
      /codec.encode: expected a function/,
    );
    expect(() => codecOf({ ...own, decode: 1 as never })).toThrow(/codec.decode: expected a function/);
    expect(() => codecOf({ ...own, other: 1 } as never)).toThrow(/unknown option "other"/);
    for (const mark of ["", "a b", "x".repeat(17), "ä", 5 as never])
      expect(() => codecOf({ ...own, mark })).toThrow(/codec.mark: expected/);
  });
});
