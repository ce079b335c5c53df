import * as zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodingCounts } from "../../../../src/network/compression/compression-counts.ts";
import {
  acceptEncoding,
  acceptedCodings,
  contentCodings,
} from "../../../../src/network/compression/content-coding.ts";
import { decodeBody } from "../../../../src/network/compression/decode-body.ts";
import { contentCodingNames, encodeBody } from "../../../../src/network/compression/encode-body.ts";

describe("encodeBody", () => {
  it("makes what decodeBody takes back, at any level and length", async () => {
    const levels = { gzip: 9, deflate: 9, br: 7, zstd: 19 };
    const coding = fc.constantFrom(...contentCodingNames);
    const body = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 200 }));
    await fc.assert(
      fc.asyncProperty(coding, body, fc.nat(), async (name, [part, times], any) => {
        const bytes = Buffer.concat(Array(times).fill(part));
        const level = 1 + (any % levels[name]);
        const encoded = await encodeBody(name, bytes, level);
        expect(Buffer.compare(await decodeBody(name, encoded), bytes)).toBe(0);
      }),
      { numRuns: 80 },
    );
  });

  it("encodes the empty body", async () => {
    for (const coding of contentCodingNames) {
      const encoded = await encodeBody(coding, Buffer.alloc(0));
      expect(encoded.length).toBeGreaterThan(0);
      expect((await decodeBody(coding, encoded)).length).toBe(0);
    }
  });

  it("counts bodies, bytes and time, on the loop and beside it", async () => {
    const counts = new CodingCounts();
    const short = await encodeBody("zstd", Buffer.alloc(1000), undefined, counts);
    expect(counts.stats()).toMatchObject({
      bodies: 1,
      plainBytes: 1000,
      encodedBytes: short.length,
      poolMs: 0,
    });
    await encodeBody("zstd", Buffer.alloc(100_000), undefined, counts);
    expect(counts.stats()).toMatchObject({ bodies: 2, plainBytes: 101_000 });
    expect([counts.loopMs > 0, counts.poolMs > 0]).toEqual([true, true]);
  });

  it.each([
    ["lzma", undefined, 'coding: expected one of "gzip", "deflate", "br", "zstd", got "lzma"'],
    ["gzip", 10, "level of gzip: expected an integer from 0 to 9, got 10"],
    ["br", 12, "level of br: expected an integer from 0 to 11, got 12"],
    ["zstd", 0, "level of zstd: expected an integer from 1 to 22, got 0"],
  ])("refuses %s at level %s", (coding, level, message) => {
    expect(() => encodeBody(coding as "gzip", Buffer.alloc(1), level)).toThrow(message);
  });

  it("uses no zstd window that a client may refuse", async () => {
    const bytes = Buffer.alloc(20_000_000, "some text that is repeated, ");
    const encoded = await encodeBody("zstd", bytes, 20);
    const params = { [zlib.constants.ZSTD_d_windowLogMax]: 23 };
    expect(zlib.zstdDecompressSync(encoded, { params }).length).toBe(bytes.length);
  });
});

describe("content codings", () => {
  it.each([
    [undefined, []],
    [null, []],
    ["", []],
    ["identity", []],
    ["GZIP", ["gzip"]],
    ["x-gzip , identity,br", ["gzip", "br"]],
    [
      ["gzip", "zstd"],
      ["gzip", "zstd"],
    ],
    ["gzip, dcb", undefined],
    ["gzip,gzip,gzip,gzip,gzip,gzip", undefined],
  ])("of %j are %j", (value, codings) => {
    expect(contentCodings(value)).toEqual(codings);
  });

  it.each([
    ["gzip", ["gzip"]],
    ["gzip;q=0.5, zstd;q=0", ["gzip"]],
    ["br;q=0.5, zstd; q=0.9", ["zstd", "br"]],
    ["*", ["zstd", "br", "gzip"]],
    ["*;q=0.1, gzip", ["gzip", "zstd", "br"]],
    ["identity", []],
    ["", []],
    ["x-gzip", ["gzip"]],
    ["gzip;q=nonsense", []],
  ])("accepted by %j are %j", (value, codings) => {
    expect(acceptedCodings(value, ["zstd", "br", "gzip"])).toEqual(codings);
  });

  it("asked for are all decoded here", () => {
    expect(acceptedCodings(acceptEncoding, contentCodingNames)).toEqual(["zstd", "gzip", "br"]);
  });
});
