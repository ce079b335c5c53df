import * as zlib from "node:zlib";
import { SharedValueError } from "../../errors.ts";
import { integer, knownKeys, oneOf } from "../../options.ts";

/** How bytes on a shared server are packed; it stands with them, so that processes that pack differently can share one. */
export type CompressionMark = "none" | "zstd" | "brotli" | "gzip";

/** When and how to compress what is stored. */
export interface CompressionOptions {
  /** `none` for never. All are read, whichever is written. @default "zstd" */
  readonly coding?: CompressionMark;
  /** Shorter values are stored as they are; bytes ≥ 1. @default 1024 */
  readonly minBytes?: number;
  /** 1–22 for zstd, 0–11 for brotli, 0–9 for gzip. @default 1 */
  readonly level?: number;
}

/** With every default filled in and every value checked. */
export type ResolvedCompression = Required<CompressionOptions>;

/** Bytes as they will lie on the server. */
export interface Packed {
  readonly mark: CompressionMark;
  readonly bytes: Uint8Array;
}

export const compressionDefaults: ResolvedCompression = Object.freeze({
  coding: "zstd",
  minBytes: 1024,
  level: 1,
});

const marks: readonly CompressionMark[] = ["none", "zstd", "brotli", "gzip"];
const levels = { none: [1, 1], zstd: [1, 22], brotli: [0, 11], gzip: [0, 9] } as const;

/** Plain bytes up to which the event loop does it: the way to another thread costs more. */
const syncCompressBytes = 16_384;
const syncPlainBytes = 65_536;
/** In front of compressed bytes: how many they will be. */
const headerBytes = 4;
/** Saves less than a tenth: not worth the reader's time. */
const worthwhile = 0.9;

type Done = (error: Error | null, bytes: Buffer) => void;
interface Coding {
  readonly compress: (bytes: Uint8Array, options: object) => Buffer;
  readonly compressElsewhere: (bytes: Uint8Array, options: object, done: Done) => void;
  readonly decompress: (bytes: Uint8Array, options: object) => Buffer;
  readonly decompressElsewhere: (bytes: Uint8Array, options: object, done: Done) => void;
  readonly options: (level: number, sizeBytes: number) => object;
}

const { constants } = zlib;
const codings: Readonly<Record<Exclude<CompressionMark, "none">, Coding>> = {
  zstd: {
    compress: zlib.zstdCompressSync,
    compressElsewhere: zlib.zstdCompress,
    decompress: zlib.zstdDecompressSync,
    decompressElsewhere: zlib.zstdDecompress,
    options: (level, sizeBytes) => ({
      pledgedSrcSize: sizeBytes,
      params: {
        [constants.ZSTD_c_compressionLevel]: level,
        // Readers with Node's defaults take no window above 128 MiB, and 8 MiB save their memory.
        ...(level > 15 && { [constants.ZSTD_c_windowLog]: 23 }),
      },
    }),
  },
  brotli: {
    compress: zlib.brotliCompressSync,
    compressElsewhere: zlib.brotliCompress,
    decompress: zlib.brotliDecompressSync,
    decompressElsewhere: zlib.brotliDecompress,
    options: (level, sizeBytes) => ({
      params: { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_SIZE_HINT]: sizeBytes },
    }),
  },
  gzip: {
    compress: zlib.gzipSync,
    compressElsewhere: zlib.gzip,
    decompress: zlib.gunzipSync,
    decompressElsewhere: zlib.gunzip,
    options: (level) => ({ level }),
  },
};

/** @throws {TypeError} @throws {RangeError} */
export function resolveCompression(options: CompressionOptions = {}): ResolvedCompression {
  knownKeys("compression", options, Object.keys(compressionDefaults));
  const coding = oneOf("compression.coding", options.coding ?? compressionDefaults.coding, marks);
  const [least, most] = levels[coding];
  return {
    coding,
    minBytes: integer("compression.minBytes", options.minBytes ?? compressionDefaults.minBytes, 1),
    level: integer("compression.level", options.level ?? compressionDefaults.level, least, most),
  };
}

/**
 * Packs bytes for the server: short ones, and those that hardly shrink, stay as they are.
 * @returns at once up to 16 KiB; a promise for longer ones, which a thread of libuv's compresses
 */
export function compress(bytes: Uint8Array, options: ResolvedCompression): Packed | Promise<Packed> {
  const { coding, minBytes, level } = options;
  if (coding === "none" || bytes.length < minBytes) return { mark: "none", bytes };
  const pack = (body: Buffer): Packed => {
    if (body.length + headerBytes > bytes.length * worthwhile) return { mark: "none", bytes };
    const packed = Buffer.allocUnsafe(headerBytes + body.length);
    packed.writeUInt32LE(bytes.length);
    body.copy(packed, headerBytes);
    return { mark: coding, bytes: packed };
  };
  const { compress: atOnce, compressElsewhere, options: optionsOf } = codings[coding];
  const zlibOptions = optionsOf(level, bytes.length);
  if (bytes.length <= syncCompressBytes) return pack(atOnce(bytes, zlibOptions));
  return new Promise((resolve, reject) => {
    compressElsewhere(bytes, zlibOptions, (error, body) => {
      if (error === null) resolve(pack(body));
      else reject(error);
    });
  });
}

/**
 * Gives back what was packed. No more memory is taken than the value says that it needs, however far it would expand.
 * @param mark that stands with the bytes; one that isn't known here is refused like a damaged value
 * @param maxBytes of the result, ≥ 0
 * @returns at once up to 64 KiB; a promise for longer ones
 * @throws {SharedValueError} when they are damaged, too large or of an unknown mark; or the promise rejects with it
 */
export function decompress(
  mark: string,
  bytes: Uint8Array,
  maxBytes: number,
): Uint8Array | Promise<Uint8Array> {
  if (mark === "none") {
    checkSize(bytes.length, maxBytes);
    return bytes;
  }
  if (!isCoding(mark))
    throw new SharedValueError(`is packed in a way that isn't known here: ${quoted(mark)}`);
  if (bytes.length <= headerBytes) throw new SharedValueError("ends too early");
  const plainBytes = Buffer.from(bytes.buffer, bytes.byteOffset, headerBytes).readUInt32LE();
  checkSize(plainBytes, maxBytes);
  const body = bytes.subarray(headerBytes);
  const { decompress: atOnce, decompressElsewhere } = codings[mark];
  // Zlib wants room for one byte at least, and fills chunks of this size.
  const options = { maxOutputLength: Math.max(1, plainBytes), chunkSize: Math.max(64, plainBytes) };
  const whole = (plain: Buffer): Buffer => {
    if (plain.length !== plainBytes)
      throw new SharedValueError(`is ${plain.length} bytes, not ${plainBytes}`);
    return plain;
  };
  const damaged = (error: unknown): SharedValueError =>
    new SharedValueError(`can't be decompressed by ${mark}`, { cause: error });
  if (plainBytes <= syncPlainBytes) {
    let plain: Buffer;
    try {
      plain = atOnce(body, options);
    } catch (error) {
      throw damaged(error);
    }
    return whole(plain);
  }
  return new Promise<Buffer>((resolve, reject) => {
    decompressElsewhere(
      body,
      { ...options, chunkSize: mostChunk(plainBytes, body.length) },
      (error, plain) => {
        if (error === null) resolve(plain);
        else reject(damaged(error));
      },
    );
  }).then(whole);
}

/** A large room is only taken when the bytes are there that may fill it. */
function mostChunk(plainBytes: number, packedBytes: number): number {
  return Math.min(plainBytes, Math.max(syncPlainBytes, packedBytes * 8), 2 ** 20);
}

const isCoding = (mark: string): mark is keyof typeof codings => Object.hasOwn(codings, mark);

const quoted = (mark: string): string => JSON.stringify(mark.slice(0, 16));

function checkSize(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes > maxBytes)
    throw new SharedValueError(`is larger than allowed: ${sizeBytes} bytes, at most ${maxBytes}`);
}
