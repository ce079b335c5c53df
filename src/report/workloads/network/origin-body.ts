import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { OriginCoding, OriginReply } from "./origin-reply.ts";

const encoders: Readonly<Record<OriginCoding, (bytes: Uint8Array) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  "deflate-raw": (bytes) => deflateRawSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
};

const piece = Buffer.alloc(65_536, "0123456789abcdef");

/** A body as it goes out. */
export interface OriginBody {
  readonly sizeBytes: number;
  /** Value of `content-encoding`. */
  readonly encoding: string | undefined;
  /** @param start first byte @param end one after the last */
  pieces(start: number, end: number): Iterable<Uint8Array>;
}

export function bodyOf(reply: OriginReply, received: Uint8Array): OriginBody {
  if (reply.bodyBytes !== undefined)
    return { sizeBytes: reply.bodyBytes, encoding: undefined, pieces: madeUp };
  let bytes = reply.echo === true ? received : toBytes(reply.body ?? "ok");
  for (const coding of reply.encode ?? []) bytes = encoders[coding](bytes);
  return {
    sizeBytes: bytes.length,
    encoding: reply.encode?.map((coding) => coding.replace("-raw", "")).join(", "),
    pieces: (start, end) => (end > start ? [bytes.subarray(start, end)] : []),
  };
}

function* madeUp(start: number, end: number): Iterable<Uint8Array> {
  for (let at = start; at < end; at += piece.length)
    yield at + piece.length <= end ? piece : piece.subarray(0, end - at);
}

const toBytes = (body: string | Uint8Array): Uint8Array =>
  typeof body === "string" ? Buffer.from(body) : body;
