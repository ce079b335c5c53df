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
  const view = new DataView(bytes.buffer, bytes.byteOffset + timesAt, 5 * 8);
  const time = (index: number): number => view.getFloat64(index * 8, true);
  return {
    isAbsent: (bytes[summedFrom]! & absentFlag) !== 0,
    codec: latin1(bytes, headerBytes, codecEnd),
    compression: latin1(bytes, codecEnd, bodyAt),
    createdAt: time(0),
    freshUntil: time(1),
    staleUntil: time(2),
    errorUntil: time(3),
    loadMs: time(4),
    body: bytes.subarray(bodyAt),
  };
}

/** As `toString`, whose call out of JavaScript takes longer than the few characters of a mark. */
function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
