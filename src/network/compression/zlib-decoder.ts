import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { BodyDecodeError } from "../../errors.ts";
import type { ContentCoding } from "./content-coding.ts";

/** How the bytes begin decides what `deflate` is. */
export type ZlibFormat = ContentCoding | "deflate-raw";

/** A zlib stream that tells how much of its input it has used. */
export type ZlibStream = Transform & { readonly bytesWritten: number };

interface OneShot {
  readonly maxOutputLength: number;
  readonly chunkSize: number;
}
/** What zlib gives with `info`. */
interface Decoded {
  readonly buffer: Buffer;
  readonly engine: ZlibStream;
}
type Callback = (error: Error | null, decoded: Decoded) => void;

interface Format {
  readonly sync: (bytes: Uint8Array, options: OneShot) => Decoded;
  readonly async: (bytes: Uint8Array, options: OneShot, callback: Callback) => void;
  readonly stream: () => ZlibStream;
}

/** RFC 9659: a sender needs no larger window than 8 MiB, and a decoder no more memory. */
const zstdParams = { params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } };

// `info` is documented, but Node's types know only of the results without it.
const withInfo = (sync: unknown, async: unknown, stream: () => Transform, more = {}): Format => {
  const decodeSync = sync as (bytes: Uint8Array, options: object) => Decoded;
  const decode = async as (bytes: Uint8Array, options: object, callback: Callback) => void;
  return {
    sync: (bytes, options) => decodeSync(bytes, { ...options, ...more, info: true }),
    async: (bytes, options, callback) => decode(bytes, { ...options, ...more, info: true }, callback),
    stream: stream as () => ZlibStream,
  };
};

const formats: Readonly<Record<ZlibFormat, Format>> = {
  gzip: withInfo(zlib.gunzipSync, zlib.gunzip, () => zlib.createGunzip()),
  deflate: withInfo(zlib.inflateSync, zlib.inflate, () => zlib.createInflate()),
  "deflate-raw": withInfo(zlib.inflateRawSync, zlib.inflateRaw, () => zlib.createInflateRaw()),
  br: withInfo(zlib.brotliDecompressSync, zlib.brotliDecompress, () => zlib.createBrotliDecompress()),
  zstd: withInfo(
    zlib.zstdDecompressSync,
    zlib.zstdDecompress,
    () => zlib.createZstdDecompress(zstdParams),
    zstdParams,
  ),
};

/** How to decode `coding` when the body begins with `first` and `second`. */
export function formatOf(coding: ContentCoding, first: number, second: number): ZlibFormat {
  // RFC 1950: method 8, a window of 32 KiB at most, and a header that 31 divides.
  const isWrapped = (first & 15) === 8 && first >> 4 <= 7 && (first * 256 + second) % 31 === 0;
  return coding === "deflate" && !isWrapped ? "deflate-raw" : coding;
}

export const openStream = (format: ZlibFormat): ZlibStream => formats[format].stream();

export const decodeSync = (format: ZlibFormat, bytes: Uint8Array, options: OneShot): Decoded =>
  formats[format].sync(bytes, options);

export const decodeAsync = (format: ZlibFormat, bytes: Uint8Array, options: OneShot): Promise<Decoded> =>
  new Promise((resolve, reject) => {
    formats[format].async(bytes, options, (error, decoded) => {
      if (error === null) resolve(decoded);
      else reject(error);
    });
  });

/** May what follows the end of one stream be another? RFC 1952, 2.2; RFC 8878, 3. Zlib itself sees to gzip's. */
export const hasFrames = (coding: ContentCoding): boolean => coding === "zstd";

/** Gzip may be padded with zeros, as tapes are. */
export const isPadding = (coding: ContentCoding, rest: Uint8Array): boolean =>
  coding === "gzip" && rest.every((byte) => byte === 0);

/** So many small ones are no honest sender's, and cost far more than their bytes. */
export const mostFrames = 1024;

export const tooManyFrames = (coding: ContentCoding): BodyDecodeError =>
  new BodyDecodeError(coding, `more than ${mostFrames} frames`, false);

export const trailing = (coding: ContentCoding, restBytes: number): BodyDecodeError =>
  new BodyDecodeError(coding, `${restBytes} bytes after its end`, false);

/** A body that stops within a frame, or gives less than it says. */
export const endsTooEarly = (coding: ContentCoding): BodyDecodeError =>
  new BodyDecodeError(coding, "it ends too early", true);

/** More has come out than is allowed; its catcher knows what was. */
export class OverAllowed extends Error {}

/** Zlib's own errors, in our terms. */
export function decodeError(coding: ContentCoding, cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ERR_BUFFER_TOO_LARGE") return new OverAllowed();
  return new BodyDecodeError(coding, message, code === "Z_BUF_ERROR", { cause });
}
