/**
 * Reads what `v8.serialize` writes, as far as it is short and plain: objects, arrays, texts, numbers, booleans, `null` and
 * `undefined`. V8's own reader takes most of its time to be set up and to be called, which a short value doesn't repay.
 *
 * Format: 0xff, its version, then a tag for each value. Numbers of bytes and elements, and 32-bit integers, are in groups of 7 bits.
 * @see https://chromium.googlesource.com/v8/v8/+/refs/heads/main/src/objects/value-serializer.cc
 */

/** In place of a value: V8's own reader has to be asked. */
export const notPlain: unique symbol = Symbol("not plain");

/** The only one whose tags are known here. */
const formatVersion = 15;
/** Texts are parts of one that is made of all bytes, and keep it in memory, so that mustn't be long. */
const mostBytes = 2048;
const mostDepth = 32;

const tag = Object.freeze({
  undefined: 0x5f,
  null: 0x30,
  true: 0x54,
  false: 0x46,
  int32: 0x49,
  double: 0x4e,
  oneByteText: 0x22,
  twoByteText: 0x63,
  /** Brings a text of two bytes a sign to an even place. */
  padding: 0x00,
  object: 0x6f,
  objectEnd: 0x7b,
  array: 0x41,
  arrayEnd: 0x24,
  /** Each element behind its index: so V8 writes arrays with gaps, and all that are frozen. */
  indexedArray: 0x61,
  indexedArrayEnd: 0x40,
});

// One value at a time, and none of it waits: shared variables spare an object for each.
let bytes: Buffer = Buffer.alloc(0);
let text = "";
let at = 0;

/** @returns {@link notPlain} for all that isn't exactly what V8 writes for such a value */
export function readPlain(given: Uint8Array): unknown {
  if (given.length > mostBytes || given[0] !== 0xff || given[1] !== formatVersion) return notPlain;
  bytes = Buffer.isBuffer(given) ? given : Buffer.from(given.buffer, given.byteOffset, given.length);
  text = bytes.toString("latin1");
  at = 2;
  try {
    const value = read(0);
    return at > bytes.length ? notPlain : value;
  } catch {
    // A program that froze what all objects inherit lets nobody set a property of such a name.
    return notPlain;
  }
}

function read(depth: number): unknown {
  switch (bytes[at++]) {
    case tag.oneByteText: {
      const length = readVarint();
      at += length;
      return text.substring(at - length, at);
    }
    case tag.int32: {
      const zigzag = readVarint();
      return (zigzag >>> 1) ^ -(zigzag & 1);
    }
    case tag.object:
      return depth < mostDepth ? readObject(depth + 1) : notPlain;
    case tag.array:
      return depth < mostDepth ? readArray(depth + 1) : notPlain;
    case tag.indexedArray:
      return depth < mostDepth ? readIndexedArray(depth + 1) : notPlain;
    case tag.null:
      return null;
    case tag.true:
      return true;
    case tag.false:
      return false;
    case tag.undefined:
      return undefined;
    case tag.double:
      at += 8;
      return at > bytes.length ? notPlain : bytes.readDoubleLE(at - 8);
    case tag.padding:
      return bytes[at] === tag.twoByteText ? read(depth) : notPlain;
    case tag.twoByteText: {
      const length = readVarint();
      at += length;
      return length % 2 === 0 ? bytes.toString("ucs2", at - length, Math.min(at, bytes.length)) : notPlain;
    }
    default:
      return notPlain;
  }
}

function readObject(depth: number): unknown {
  const object: Record<string | number, unknown> = {};
  let count = 0;
  while (bytes[at] !== tag.objectEnd) {
    const key = read(depth);
    // To set it would change the prototype.
    if ((typeof key !== "string" && typeof key !== "number") || key === "__proto__") return notPlain;
    const value = read(depth);
    if (value === notPlain) return notPlain;
    object[key] = value;
    count++;
  }
  at++;
  if (readVarint() !== count) return notPlain;
  // V8 refuses what is there twice; and what all objects inherit may have taken in what was set.
  for (const _ in object) count--;
  return count === 0 ? object : notPlain;
}

function readArray(depth: number): unknown {
  const length = readVarint();
  // Each takes a byte at least.
  if (length > bytes.length - at) return notPlain;
  const array: unknown[] = [];
  for (let index = 0; index < length; index++) {
    const value = read(depth);
    if (value === notPlain) return notPlain;
    array.push(value);
  }
  if (bytes[at++] !== tag.arrayEnd) return notPlain;
  return readVarint() === 0 && readVarint() === length ? array : notPlain;
}

function readIndexedArray(depth: number): unknown {
  const length = readVarint();
  const array: unknown[] = [];
  while (bytes[at] !== tag.indexedArrayEnd) {
    // What is missing, or no element, isn't plain.
    if (read(depth) !== array.length) return notPlain;
    const value = read(depth);
    if (value === notPlain) return notPlain;
    array.push(value);
  }
  at++;
  return readVarint() === length && readVarint() === length && array.length === length ? array : notPlain;
}

/** @returns an unsigned integer of 32 bits; where it is longer, or cut off, it leads beyond the bytes */
function readVarint(): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  at = bytes.length + 1;
  return 0;
}
