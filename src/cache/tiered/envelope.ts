import { crc32 } from "node:zlib";

/** A value's bytes with what has to be known of them, as they lie on the server. Times in milliseconds of the fleet's clock. */
export interface Envelope {
  /** Nothing is there, and that was cached: without a body. */
  readonly isAbsent: boolean;
  /** Marks of the codec and of the compression, up to 255 Latin-1 characters each. */
  readonly codec: string;
  readonly compression: string;
  readonly createdAt: number;
  /** ≥ createdAt, and so on: fresh, then served while it is loaded anew, then served when it can't be. */
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly errorUntil: number;
  /** How long its load took. */
  readonly loadMs: number;
  readonly body: Uint8Array;
}

/** First byte of this version; another version is another byte, and a miss to this one. */
const version = 0xc1;
const absentFlag = 1;
/** Version, checksum of all that follows, flags, five times, lengths of two marks. */
const headerBytes = 1 + 4 + 1 + 5 * 8 + 2;
const sumAt = 1;
const summedFrom = 5;
const timesAt = 6;
const lengthsAt = 46;

/** Marks of the value read before. */
let lastCodec = "";
let lastCompression = "";

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const { codec, compression, body } = envelope;
  const bytes = Buffer.allocUnsafe(headerBytes + codec.length + compression.length + body.length);
  bytes[0] = version;
  bytes[summedFrom] = envelope.isAbsent ? absentFlag : 0;
  let at = timesAt;
  for (const time of [
    envelope.createdAt,
    envelope.freshUntil,
    envelope.staleUntil,
    envelope.errorUntil,
    envelope.loadMs,
  ])
    at = bytes.writeDoubleLE(time, at);
  bytes[lengthsAt] = codec.length;
  bytes[lengthsAt + 1] = compression.length;
  bytes.write(codec + compression, headerBytes, "latin1");
  bytes.set(body, headerBytes + codec.length + compression.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(summedFrom)), sumAt);
  return bytes;
}

/** @returns `undefined` when it is damaged, or of another version; `body` is a view */
export function decodeEnvelope(given: Uint8Array): Envelope | undefined {
  if (given.length < headerBytes || given[0] !== version) return undefined;
  const bytes = Buffer.isBuffer(given) ? given : Buffer.from(given.buffer, given.byteOffset, given.length);
  if (bytes.readUInt32LE(sumAt) !== crc32(bytes.subarray(summedFrom))) return undefined;
  const codecEnd = headerBytes + bytes[lengthsAt]!;
  const bodyAt = codecEnd + bytes[lengthsAt + 1]!;
  if (bodyAt > bytes.length) return undefined;
  lastCodec = markAt(bytes, headerBytes, codecEnd, lastCodec);
  lastCompression = markAt(bytes, codecEnd, bodyAt, lastCompression);
  return {
    isAbsent: (bytes[summedFrom]! & absentFlag) !== 0,
    codec: lastCodec,
    compression: lastCompression,
    createdAt: bytes.readDoubleLE(timesAt),
    freshUntil: bytes.readDoubleLE(timesAt + 8),
    staleUntil: bytes.readDoubleLE(timesAt + 16),
    errorUntil: bytes.readDoubleLE(timesAt + 24),
    loadMs: bytes.readDoubleLE(timesAt + 32),
    body: bytes.subarray(bodyAt),
  };
}

/** @param last which it most often is: to see that takes less than to make a text */
function markAt(bytes: Uint8Array, from: number, to: number, last: string): string {
  let at = last.length === to - from ? from : to + 1;
  while (at < to && bytes[at] === last.charCodeAt(at - from)) at++;
  return at === to ? last : String.fromCharCode(...bytes.subarray(from, to));
}
