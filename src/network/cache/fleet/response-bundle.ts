import { crc32 } from "node:zlib";
import { compress, compressionDefaults, decompress } from "../../../cache/codec/compression.ts";
import { decodeRecord, encodeRecord } from "../response-codec.ts";
import type { ResponseRecord } from "../stored-response.ts";

/*
 * All responses that lie under one key: a mark of the format, how it is packed, a checksum of what follows; then, packed, the
 * length of the head, the head as JSON, and the bodies one after the other.
 */
const magic = 0x56_52_42_31;
const headBytes = 9;
const packings = ["none", "zstd", "brotli", "gzip"] as const;

interface Head {
  /** By how much the writer's calendar was ahead of the fleet's clock, milliseconds. */
  readonly aheadMs: number;
  readonly records: readonly { readonly meta: string; readonly length: number }[];
}

/** @param aheadMs by how much this process's calendar is ahead of the fleet's clock */
export async function packResponses(
  records: readonly ResponseRecord[],
  aheadMs: number,
): Promise<Uint8Array> {
  const head: Head = {
    aheadMs,
    records: records.map((record) => ({ meta: encodeRecord(record), length: record.body.byteLength })),
  };
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(text.length);
  const plain = Buffer.concat([length, text, ...records.map(({ body }) => body)]);
  const { mark, bytes } = await compress(plain, compressionDefaults);
  const start = Buffer.allocUnsafe(headBytes);
  start.writeUInt32LE(magic);
  start.writeUInt8(packings.indexOf(mark), 4);
  start.writeUInt32LE(crc32(bytes), 5);
  return Buffer.concat([start, bytes]);
}

/**
 * @param maxBytes unpacked
 * @returns the records, with the times of this process's calendar
 * @throws {Error} when the bytes are something else, damaged or too large
 */
export async function unpackResponses(
  bytes: Uint8Array,
  aheadMs: number,
  maxBytes: number,
): Promise<readonly ResponseRecord[]> {
  const packed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (packed.length < headBytes || packed.readUInt32LE() !== magic) throw broken();
  const rest = packed.subarray(headBytes);
  if (crc32(rest) !== packed.readUInt32LE(5)) throw broken();
  const plain = Buffer.from(await decompress(packings[packed[4]!] ?? "?", rest, maxBytes));
  const bodiesAt = 4 + plain.readUInt32LE();
  const head = JSON.parse(plain.toString("utf8", 4, bodiesAt)) as Head;
  // What is 5 minutes old there is 5 minutes old here, whatever the calendars say.
  const shiftMs = aheadMs - head.aheadMs;
  let at = bodiesAt;
  return head.records.map(({ meta, length }) => {
    const body = plain.subarray(at, at + length);
    if (body.length !== length) throw broken();
    at += length;
    const record = decodeRecord(meta, new Uint8Array(body));
    return {
      ...record,
      requestTime: record.requestTime + shiftMs,
      responseTime: record.responseTime + shiftMs,
    };
  });
}

const broken = (): Error => new Error("responses: not as they were written");
