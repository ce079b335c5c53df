import { once } from "node:events";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import * as zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VictorError } from "../../../../src/errors.ts";
import { CodingCounts } from "../../../../src/network/compression/compression-counts.ts";
import { decodeBody } from "../../../../src/network/compression/decode-body.ts";
import type { DecodeLimits } from "../../../../src/network/compression/decode-limits.ts";
import { decodeStream } from "../../../../src/network/compression/decode-stream.ts";

type Encode = (bytes: Uint8Array) => Buffer;
type Decode = (
  encoding: string,
  body: Uint8Array,
  limits?: DecodeLimits,
  counts?: CodingCounts,
) => Promise<Uint8Array>;

/** Cuts at these places. */
const pieces = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
};
const streamed =
  (cuts: readonly number[]): Decode =>
  (encoding, body, limits, counts) =>
    buffer(decodeStream(encoding, Readable.from(pieces(body, cuts)), limits, counts));
const bytewise: Decode = (encoding, body, limits, counts) =>
  streamed(Array.from(body, (_, i) => i))(encoding, body, limits, counts);
const whole: Decode = async (...args) => decodeBody(...args);

const encoders: Readonly<Record<string, [encoding: string, encode: Encode]>> = {
  gzip: ["gzip", (bytes) => zlib.gzipSync(bytes)],
  "x-gzip": ["X-GZip", (bytes) => zlib.gzipSync(bytes)],
  deflate: ["deflate", (bytes) => zlib.deflateSync(bytes)],
  "raw deflate": ["deflate", (bytes) => zlib.deflateRawSync(bytes)],
  "stored deflate": ["deflate", (bytes) => zlib.deflateRawSync(bytes, { level: 0 })],
  br: [
    "br",
    (bytes) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 } }),
  ],
  zstd: ["zstd", (bytes) => zlib.zstdCompressSync(bytes)],
  "gzip in br": ["gzip, br", (bytes) => zlib.brotliCompressSync(zlib.gzipSync(bytes))],
  "zstd in deflate in gzip": [
    "zstd,deflate , gzip",
    (bytes) => zlib.gzipSync(zlib.deflateSync(zlib.zstdCompressSync(bytes))),
  ],
};
const ways: readonly [string, Decode][] = [
  ["whole", whole],
  ["in pieces", streamed([1, 3, 10, 1000])],
  ["byte by byte", bytewise],
];
const text = Buffer.from("All animals are equal. ".repeat(40));

describe.each(ways)("decoding %s", (way, decode) => {
  it.each(Object.entries(encoders))("gives back what %s was made of", async (_name, [encoding, encode]) => {
    expect(Buffer.compare(await decode(encoding, encode(text)), text)).toBe(0);
    const nothing = await decode(encoding, encode(Buffer.alloc(0)));
    expect(nothing.length).toBe(0);
  });

  it.each(Object.entries(encoders))(
    "finds that %s ends too early, wherever it is cut",
    async (_name, [encoding, encode]) => {
      const encoded = encode(text.subarray(0, 60));
      for (let end = 1; end < encoded.length; end++)
        await expect(decode(encoding, encoded.subarray(0, end)), `cut at ${end}`).rejects.toMatchObject({
          code: "VICTOR_BODY_DECODE",
          isTruncated: true,
        });
    },
  );

  it.each(Object.entries(encoders))("finds what follows the end of %s", async (_name, [encoding, encode]) => {
    const longer = Buffer.concat([encode(text), Buffer.from("garbage")]);
    await expect(decode(encoding, longer)).rejects.toMatchObject({
      code: "VICTOR_BODY_DECODE",
      isTruncated: false,
    });
  });

  it("takes no bytes at all for an empty body", async () => {
    for (const [encoding] of Object.values(encoders))
      expect((await decode(encoding, Buffer.alloc(0))).length).toBe(0);
  });

  it.each(["gzip", "zstd"])("decodes all members of %s", async (name) => {
    const [encoding, encode] = encoders[name]!;
    const members = Buffer.concat([encode(text), encode(Buffer.alloc(0)), encode(Buffer.from("some more"))]);
    expect(Buffer.from(await decode(encoding, members)).toString()).toBe(`${text}some more`);
    await expect(decode(encoding, members.subarray(0, -2))).rejects.toMatchObject({ isTruncated: true });
  });

  it("ignores zeros after gzip", async () => {
    const padded = Buffer.concat([zlib.gzipSync(text), Buffer.alloc(50)]);
    expect(Buffer.compare(await decode("gzip", padded), text)).toBe(0);
  });

  it("gives up a zstd body of very many tiny frames", async () => {
    const frame = zlib.zstdCompressSync(Buffer.alloc(0));
    const many = Buffer.concat(Array.from({ length: 1100 }, () => frame));
    if (way !== "byte by byte") await expect(decode("zstd", many)).rejects.toThrow("more than 1024 frames");
  });

  it("leaves a body alone whose coding is unknown, or that has too many", async () => {
    const gzipped = zlib.gzipSync(text);
    for (const encoding of ["compress", "gzip, secret", "secret, gzip", Array(6).fill("gzip").join()])
      expect(Buffer.compare(await decode(encoding, gzipped), gzipped)).toBe(0);
    expect(Buffer.compare(await decode("identity", text), text)).toBe(0);
    expect(Buffer.compare(await decode("", text), text)).toBe(0);
  });

  it.each(["gzip", "deflate", "br", "zstd", "gzip in br"])(
    "stops a bomb of %s at the limit of its size",
    async (name) => {
      const [encoding, encode] = encoders[name]!;
      const bomb = encode(Buffer.alloc(3_000_000));
      const counts = new CodingCounts();
      await expect(decode(encoding, bomb, { maxBytes: 200_000 }, counts)).rejects.toMatchObject({
        code: "VICTOR_BODY_TOO_LARGE",
        limit: "size",
        maxBytes: 200_000,
      });
      expect(counts.failed).toBe(1);
      expect(counts.plainBytes).toBeLessThan(400_000);
    },
  );

  it("stops a bomb at the limit of its ratio", async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(1_000_000));
    const limits = { maxRatio: 100, ratioFreeBytes: 50_000 };
    await expect(decode("gzip", bomb, limits)).rejects.toMatchObject({ limit: "ratio" });
    expect((await decode("gzip", bomb, { ...limits, ratioFreeBytes: 1_000_000 })).length).toBe(1_000_000);
    expect((await decode("gzip", bomb, { ...limits, maxRatio: 1100 })).length).toBe(1_000_000);
  });

  it("allows exactly maxBytes", async () => {
    for (const [encoding, encode] of Object.values(encoders)) {
      const most = { maxBytes: 1000 };
      const random = Buffer.from(Array.from({ length: 1001 }, (_, i) => (i * i * 7) % 251));
      const fits = encode(random.subarray(0, 1000));
      // A stacked body's inner form counts as well, and may be longer.
      if (encoding.includes(",")) continue;
      expect((await decode(encoding, fits, most)).length).toBe(1000);
      await expect(decode(encoding, encode(random), most)).rejects.toMatchObject({ limit: "size" });
    }
  });

  it("allows no more in several frames than in one, and nothing where nothing is allowed", async () => {
    const frame = zlib.zstdCompressSync(Buffer.alloc(600));
    const over = { code: "VICTOR_BODY_TOO_LARGE", limit: "size" };
    const two = Buffer.concat([frame, frame]);
    for (const maxBytes of [0, 600, 1000, 1199])
      await expect(decode("zstd", two, { maxBytes })).rejects.toMatchObject(over);
    expect((await decode("zstd", two, { maxBytes: 1200 })).length).toBe(1200);
    expect((await decode("gzip", zlib.gzipSync(""), { maxBytes: 0 })).length).toBe(0);
  });

  it("counts bodies and bytes", async () => {
    const counts = new CodingCounts();
    const encoded = zlib.gzipSync(text);
    await decode("gzip", encoded, {}, counts);
    await decode("gzip", encoded.subarray(0, 20), {}, counts).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(counts.stats()).toMatchObject({ bodies: 1, failed: 1 });
    expect(counts.loopMs + counts.poolMs).toBeGreaterThan(0);
    expect(
      [...counts.collect("decode")].find(({ labels }) => labels["victor.http.body.form"] === "plain"),
    ).toMatchObject({ type: "counter", value: counts.plainBytes });
  });
});

describe("decoding anything", () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc
      .tuple(fc.uint8Array({ maxLength: 20 }), fc.nat(3000))
      .map(([part, times]) => Buffer.concat(Array(times).fill(part))),
  );
  const encoder = fc.constantFrom(...Object.values(encoders));

  it("gives back any bytes, cut into any pieces", async () => {
    await fc.assert(
      fc.asyncProperty(
        body,
        encoder,
        fc.array(fc.nat(), { maxLength: 8 }),
        async (bytes, [encoding, encode], cuts) => {
          const encoded = encode(bytes);
          expect(Buffer.compare(await streamed(cuts)(encoding, encoded), bytes)).toBe(0);
          expect(Buffer.compare(await whole(encoding, encoded), bytes)).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("never crashes on damaged bytes: whole or in pieces, the body or a typed error comes", async () => {
    const outcome = (decoded: Promise<Uint8Array>): Promise<string> =>
      decoded.then(
        (bytes) => Buffer.from(bytes).toString("base64"),
        (error) => {
          expect(error).toBeInstanceOf(VictorError);
          return (error as VictorError).code;
        },
      );
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        body,
        encoder,
        damage,
        fc.array(fc.nat(), { maxLength: 4 }),
        async (bytes, [encoding, encode], changes, cuts) => {
          const encoded = encode(bytes);
          for (const [at, value] of changes) encoded[at % encoded.length] = value;
          const limits = { maxBytes: 1_000_000 };
          const all = await outcome(whole(encoding, encoded, limits));
          expect(await outcome(streamed(cuts)(encoding, encoded, limits))).toBe(all);
          await outcome(whole(encoding, bytes, limits));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("takes no frame for whole that gives less than it says, in one piece or several", async () => {
    // Says that it has a byte; its last block has none.
    const frame = Buffer.from("28b52ffd200101 0000".replace(" ", ""), "hex");
    for (const cuts of [[], [4], [4, 5], [1, 2, 3, 4, 5, 6, 7]])
      await expect(streamed(cuts)("zstd", frame)).rejects.toMatchObject({ code: "VICTOR_BODY_DECODE" });
    for (const length of [0, 1, 255, 256, 65_535, 65_536, 70_000, 300_000]) {
      const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * i) % 251));
      const encoded = zlib.zstdCompressSync(bytes);
      const twice = Buffer.concat([encoded, encoded]);
      expect((await streamed([5])("zstd", encoded)).length).toBe(length);
      expect((await streamed([5])("zstd", twice)).length).toBe(2 * length);
    }
  });

  it("decodes a long body in another thread", async () => {
    const long = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 253));
    for (const [encoding, encode] of Object.values(encoders)) {
      const decoded = decodeBody(encoding, encode(long));
      expect(Buffer.compare(await decoded, long)).toBe(0);
    }
  });
});

describe("a decoded stream", () => {
  it("waits for its reader", async () => {
    let given = 0;
    const random = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i * 31) % 251));
    const part = zlib.gzipSync(random, { level: 0 });
    const source = new Readable({
      read() {
        given++;
        this.push(given > 1000 ? null : part);
      },
    });
    const decoded = decodeStream("gzip", source);
    decoded.once("data", () => decoded.pause());
    await once(decoded, "data");
    for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(given).toBeLessThan(50);
    decoded.destroy();
    await new Promise((resolve) => source.once("close", resolve));
    expect(source.destroyed).toBe(true);
  });

  it("fails with its source, and destroys the source when it fails itself", async () => {
    const cut = new Readable({ read: () => undefined });
    const decoded = decodeStream("br", cut);
    cut.push(zlib.brotliCompressSync(text).subarray(0, 10));
    setImmediate(() => cut.destroy(new Error("connection lost")));
    await expect(buffer(decoded)).rejects.toThrow("connection lost");

    const endless = new Readable({ read: () => undefined });
    endless.push("no gzip");
    await expect(buffer(decodeStream("gzip", endless))).rejects.toMatchObject({ code: "VICTOR_BODY_DECODE" });
    expect(endless.destroyed).toBe(true);
  });

  it("stops a bomb before its source has ended", async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(20_000_000));
    const source = new Readable({ read: () => undefined });
    source.push(bomb.subarray(0, 15_000));
    await expect(buffer(decodeStream("gzip", source, { ratioFreeBytes: 100_000 }))).rejects.toMatchObject({
      limit: "ratio",
    });
  });
});

describe("limits of decoding", () => {
  it.each([
    [{ maxBytes: -1 }, "maxBytes: expected an integer ≥ 0, got -1"],
    [{ maxRatio: 0 }, "maxRatio: expected a finite number ≥ 1, got 0"],
    [{ ratioFreeBytes: 0.5 }, "ratioFreeBytes: expected an integer ≥ 0, got 0.5"],
    [{ max: 1 }, 'decode limits: unknown option "max"'],
  ])("are checked: %j", (limits, message) => {
    expect(() => decodeBody("gzip", text, limits as DecodeLimits)).toThrow(message);
    expect(() => decodeStream("gzip", Readable.from([text]), limits as DecodeLimits)).toThrow(message);
  });
});
