import { generationBytes, MemcachedStamp } from "./generation.ts";

/** A value, or the token of a lease, with the generations that were noted before it. */
export interface StampedRecord {
  readonly stamp: MemcachedStamp;
  readonly body: Uint8Array;
}

/** The first byte; another layout gets another. */
const layout = 0xc1;
/** The layout, the generations of namespace and key, and how many tags follow. */
const headBytes = 1 + 2 * generationBytes + 2;
/** How long a tag is, before it. */
const lengthBytes = 2;

/** Bytes of a tag, or tags of a key, at most. */
export const mostTagged = 65_535;

/** Tags are written by UTF-16 units, so that each comes back as it was. */
export function encodeRecord({ stamp, body }: StampedRecord): Buffer {
  const { tags, tagGenerations } = stamp;
  let sizeBytes = headBytes + body.length;
  for (const tag of tags) sizeBytes += lengthBytes + 2 * tag.length + generationBytes;
  const bytes = Buffer.allocUnsafe(sizeBytes);
  bytes[0] = layout;
  bytes.write(stamp.namespaceGeneration, 1, "latin1");
  bytes.write(stamp.keyGeneration, 1 + generationBytes, "latin1");
  let at = bytes.writeUInt16LE(tags.length, 1 + 2 * generationBytes);
  for (const [i, tag] of tags.entries()) {
    at = bytes.writeUInt16LE(tag.length, at);
    at += bytes.write(tag, at, "utf16le");
    at += bytes.write(tagGenerations[i] as string, at, "latin1");
  }
  bytes.set(body, at);
  return bytes;
}

/** @returns what was written; `undefined` where the bytes are no record */
export function decodeRecord(key: string, bytes: Buffer): StampedRecord | undefined {
  if (bytes.length < headBytes || bytes[0] !== layout) return undefined;
  const namespaceGeneration = bytes.toString("latin1", 1, 1 + generationBytes);
  const keyGeneration = bytes.toString("latin1", 1 + generationBytes, 1 + 2 * generationBytes);
  const count = bytes.readUInt16LE(1 + 2 * generationBytes);
  const tags: string[] = [];
  const tagGenerations: string[] = [];
  let at = headBytes;
  for (let i = 0; i < count; i++) {
    if (at + lengthBytes > bytes.length) return undefined;
    const end = at + lengthBytes + 2 * bytes.readUInt16LE(at);
    if (end + generationBytes > bytes.length) return undefined;
    tags.push(bytes.toString("utf16le", at + lengthBytes, end));
    at = end + generationBytes;
    tagGenerations.push(bytes.toString("latin1", end, at));
  }
  const stamp = new MemcachedStamp(key, namespaceGeneration, keyGeneration, tags, tagGenerations);
  return { stamp, body: bytes.subarray(at) };
}
