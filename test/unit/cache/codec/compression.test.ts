import { randomBytes } from "node:crypto";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CompressionMark,
  compress,
  decompress,
  type Packed,
  resolveCompression,
} from "../../../../src/cache/codec/compression.ts";
import { SharedValueError } from "../../../../src/errors.ts";

const text = (length: number): Buffer =>
  Buffer.from('{"id":1,"name":"one"},'.repeat(length / 22 + 1)).subarray(0, length);
const most = 2 ** 24;
const codings: readonly CompressionMark[] = ["zstd", "brotli", "gzip"];

const readError = async (packed: Packed, maxBytes = most): Promise<unknown> => {
  try {
    return await decompress(packed.mark, packed.bytes, maxBytes);
  } catch (error) {
    return error;
  }
};
const withLength = (length: number, body: Uint8Array): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUInt32LE(length);
  return Buffer.concat([header, body]);
};

describe.each(codings)("%s", (coding) => {
  const options = resolveCompression({ coding, minBytes: 1 });

  test("gives back what was packed, short or long", async () => {
    for (const length of [100, 16_384, 16_385, 65_536, 65_537, 3_000_000]) {
      const plain = text(length);
      const packed = await compress(plain, options);
      expect(packed.mark).toBe(coding);
      expect(packed.bytes.length).toBeLessThan(length * 0.9);
      expect(Buffer.compare(await decompress(packed.mark, packed.bytes, most), plain)).toBe(0);
    }
  });

  test("does short ones at once, and long ones elsewhere", () => {
    expect(compress(text(16_384), options)).not.toBeInstanceOf(Promise);
    expect(compress(text(16_385), options)).toBeInstanceOf(Promise);
  });

  test("refuses a value that is cut anywhere", async () => {
    const packed = await compress(text(2000), options);
    for (let end = 0; end < packed.bytes.length; end++)
      expect(await readError({ mark: coding, bytes: packed.bytes.subarray(0, end) })).toBeInstanceOf(
        SharedValueError,
      );
  });

  test("expands no further than the value says, nor than is allowed", async () => {
    const bomb = { zstd: zstdCompressSync, brotli: brotliCompressSync, gzip: gzipSync }[
      coding as "zstd" | "brotli" | "gzip"
    ](Buffer.alloc(8_000_000));
    for (const says of [0, 10, 60_000, 1_000_000]) {
      const error = await readError({ mark: coding, bytes: withLength(says, bomb) });
      expect(error).toBeInstanceOf(SharedValueError);
    }
    const honest = await readError({ mark: coding, bytes: withLength(8_000_000, bomb) }, 1_000_000);
    expect((honest as Error).message).toBe(
      "cache: a shared value is larger than allowed: 8000000 bytes, at most 1000000",
    );
  });

  test("refuses a value that says it is longer than it is", async () => {
    const packed = await compress(text(2000), options);
    const liar = withLength(2001, packed.bytes.subarray(4));
    expect(await readError({ mark: coding, bytes: liar })).toMatchObject({ code: "VICTOR_CACHE_VALUE" });
    const longLiar = withLength(100_000, packed.bytes.subarray(4));
    expect(await readError({ mark: coding, bytes: longLiar })).toMatchObject({ code: "VICTOR_CACHE_VALUE" });
  });

  test("gives bytes or refuses, whatever the bytes are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const result = await readError({ mark: coding, bytes }, 100_000);
        expect(result instanceof SharedValueError || result instanceof Uint8Array).toBe(true);
      }),
    );
  });
});

test("leaves short values, and those that hardly shrink, as they are", async () => {
  const noise = randomBytes(20_000);
  const options = resolveCompression({ minBytes: 1000 });
  expect(await compress(text(999), options)).toStrictEqual({ mark: "none", bytes: text(999) });
  expect(((await compress(text(1000), options)) as Packed).mark).toBe("zstd");
  const packed = await compress(noise, options);
  expect(packed.mark).toBe("none");
  expect(packed.bytes).toBe(noise);
  expect(decompress("none", packed.bytes, most)).toBe(noise);
});

test("never compresses where none is asked for, and refuses what is too large all the same", async () => {
  const plain = text(100_000);
  expect(await compress(plain, resolveCompression({ coding: "none" }))).toStrictEqual({
    mark: "none",
    bytes: plain,
  });
  expect(() => decompress("none", plain, 99_999)).toThrow(SharedValueError);
});

test("refuses a mark that it doesn't know", () => {
  for (const mark of ["lz4", "", "toString", "__proto__"])
    expect(() => decompress(mark, text(100), most)).toThrow(/isn't known here/);
});

test("takes a level, and refuses one that the coding hasn't", async () => {
  const plain = text(200_000);
  const low = await compress(plain, resolveCompression({ coding: "gzip", level: 1 }));
  const high = await compress(plain, resolveCompression({ coding: "gzip", level: 9 }));
  expect(high.bytes.length).toBeLessThan(low.bytes.length);
  expect(() => resolveCompression({ coding: "gzip", level: 10 })).toThrow(
    /compression.level: expected an integer from 0 to 9/,
  );
  expect(() => resolveCompression({ coding: "lz4" as never })).toThrow(/compression.coding: expected one of/);
  expect(() => resolveCompression({ minBytes: 0 })).toThrow(/compression.minBytes/);
  expect(() => resolveCompression({ size: 0 } as never)).toThrow(/unknown option/);
});
