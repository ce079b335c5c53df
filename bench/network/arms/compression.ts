import { promisify } from "node:util";
import * as zlib from "node:zlib";
import type { Arm } from "../../../src/measure/index.ts";
import type { ContentCoding } from "../../../src/network/compression/content-coding.ts";
import { decodeBody } from "../../../src/network/compression/decode-body.ts";
import { encodeBody } from "../../../src/network/compression/encode-body.ts";
import { jsonBody } from "./json-bodies.ts";

export interface Work {
  readonly coding: ContentCoding;
  readonly sizeBytes: number;
  readonly level: number;
}
type Code = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** What a server sends: at the level that servers use. */
const serverLevels = { gzip: 6, deflate: 6, br: 4, zstd: 3 };

async function coding(input: Uint8Array, code: Code): Promise<Arm> {
  let length = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) length = (await code(input)).length;
    },
    answer: () => length,
    counters: () => ({ inputBytes: input.length, outputBytes: length }),
  };
}

const decoding = async (work: Work, decode: Code): Promise<Arm> =>
  coding(await encodeBody(work.coding, jsonBody(work.sizeBytes), serverLevels[work.coding]), decode);

export const decodeOurs = (work: Work): Promise<Arm> =>
  decoding(work, (bytes) => decodeBody(work.coding, bytes));

const sync = {
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  br: zlib.brotliDecompressSync,
  zstd: zlib.zstdDecompressSync,
};
const elsewhere = {
  gzip: promisify(zlib.gunzip),
  deflate: promisify(zlib.inflate),
  br: promisify(zlib.brotliDecompress),
  zstd: promisify(zlib.zstdDecompress),
};

/** Node's own, on the event loop. */
export const decodeSync = (work: Work): Promise<Arm> => decoding(work, (bytes) => sync[work.coding](bytes));

/** Node's own, in libuv's threads. */
export const decodeElsewhere = (work: Work): Promise<Arm> =>
  decoding(work, (bytes) => elsewhere[work.coding](bytes));

/** As the built-in `fetch` does it: a stream. */
export const decodeStreamed = (work: Work): Promise<Arm> => {
  const create = {
    gzip: zlib.createGunzip,
    deflate: zlib.createInflate,
    br: zlib.createBrotliDecompress,
    zstd: zlib.createZstdDecompress,
  }[work.coding];
  return decoding(work, (bytes) => {
    const stream = create();
    stream.end(bytes);
    return stream.toArray().then((parts) => Buffer.concat(parts));
  });
};

export const encode = (work: Work): Promise<Arm> =>
  coding(jsonBody(work.sizeBytes), (bytes) => encodeBody(work.coding, bytes, work.level));
