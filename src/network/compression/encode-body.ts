import * as zlib from "node:zlib";
import { integer, oneOf } from "../../options.ts";
import { CodingCounts } from "./compression-counts.ts";
import type { ContentCoding } from "./content-coding.ts";

export const contentCodingNames: readonly ContentCoding[] = ["gzip", "deflate", "br", "zstd"];

/** Levels that pay off for a body that is sent once: what a higher one saves costs a multiple of the CPU time. */
export const encodeLevels: Readonly<Record<ContentCoding, number>> = Object.freeze({
  gzip: 1,
  deflate: 1,
  br: 1,
  zstd: 1,
});
const highest: Readonly<Record<ContentCoding, number>> = { gzip: 9, deflate: 9, br: 11, zstd: 22 };

/** A body of at most so many bytes is encoded on the event loop, which costs less than the way to another thread. */
const syncBytes = 16_384;

type Encoded = (error: Error | null, encoded: Buffer) => void;
interface Encoder {
  readonly sync: (bytes: Uint8Array, level: number) => Buffer;
  readonly async: (bytes: Uint8Array, level: number, done: Encoded) => void;
}

const { constants } = zlib;
// The size is known, which lets brotli take smaller tables, and zstd name it in its header.
const brotliParams = (level: number, sizeBytes: number) => ({
  params: {
    [constants.BROTLI_PARAM_QUALITY]: level,
    [constants.BROTLI_PARAM_SIZE_HINT]: sizeBytes,
  },
});
const zstdParams = (level: number, sizeBytes: number) => ({
  pledgedSrcSize: sizeBytes,
  // RFC 9659: no larger window than 8 MiB.
  params: {
    [constants.ZSTD_c_compressionLevel]: level,
    ...(level > 15 && { [constants.ZSTD_c_windowLog]: 23 }),
  },
});

const encoders: Readonly<Record<ContentCoding, Encoder>> = {
  gzip: {
    sync: (bytes, level) => zlib.gzipSync(bytes, { level }),
    async: (bytes, level, done) => zlib.gzip(bytes, { level }, done),
  },
  deflate: {
    sync: (bytes, level) => zlib.deflateSync(bytes, { level }),
    async: (bytes, level, done) => zlib.deflate(bytes, { level }, done),
  },
  br: {
    sync: (bytes, level) => zlib.brotliCompressSync(bytes, brotliParams(level, bytes.length)),
    async: (bytes, level, done) => zlib.brotliCompress(bytes, brotliParams(level, bytes.length), done),
  },
  zstd: {
    sync: (bytes, level) => zlib.zstdCompressSync(bytes, zstdParams(level, bytes.length)),
    async: (bytes, level, done) => zlib.zstdCompress(bytes, zstdParams(level, bytes.length), done),
  },
};

/** @returns `level`, or the usual one @throws {RangeError} when the coding has no such level */
export function checkLevel(coding: ContentCoding, level: number | undefined): number {
  if (level === undefined) return encodeLevels[coding];
  return integer(`level of ${coding}`, level, coding === "zstd" ? 1 : 0, highest[coding]);
}

/**
 * Encodes a whole body: a short one at once, a longer one in libuv's threads.
 * @param level 0–9 for gzip and deflate, 0–11 for br, 1–22 for zstd; by default 1
 * @param counts where to add what was done
 * @returns the encoded body; a promise of it where it isn't short
 * @throws {RangeError} when there is no such coding or level
 */
export function encodeBody(
  coding: ContentCoding,
  body: Uint8Array,
  level?: number,
  counts: CodingCounts = new CodingCounts(),
): Uint8Array | Promise<Uint8Array> {
  const { sync, async } = encoders[oneOf("coding", coding, contentCodingNames)];
  const checked = checkLevel(coding, level);
  const startMs = performance.now();
  const count = (encoded: Uint8Array): void => {
    counts.bodies++;
    counts.plainBytes += body.length;
    counts.encodedBytes += encoded.length;
  };
  if (body.length <= syncBytes) {
    const encoded = sync(body, checked);
    counts.loopMs += performance.now() - startMs;
    count(encoded);
    return encoded;
  }
  return new Promise((resolve, reject) => {
    async(body, checked, (error, encoded) => {
      counts.poolMs += performance.now() - startMs;
      if (error === null) {
        count(encoded);
        resolve(encoded);
      } else {
        counts.failed++;
        reject(error);
      }
    });
  });
}
