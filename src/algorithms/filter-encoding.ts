import { FilterFormatError } from "../errors.ts";
import { ByteHash } from "../kernels/index.ts";
import { rejectType } from "../options.ts";

const magic = 0x544c4656; // "VFLT"
const version = 1;
const headerBytes = 8;
const checksumBytes = 8;

/** What a filter's bytes hold, after "VFLT", the version and this. */
export const filterKinds = Object.freeze({ bloom: 1, fuse: 2 });

const checksum = new ByteHash(0);

/**
 * Frames a filter's numbers and cells; all is little-endian: "VFLT", version (16 bits), kind (16), the numbers (64-bit
 * floating point), the cells, and a checksum of all that (64).
 */
export function encodeFilter(
  kind: number,
  numbers: readonly number[],
  cells: readonly Uint8Array[],
): Uint8Array {
  const length = cells.reduce((sum, part) => sum + part.length, 0);
  const body = headerBytes + numbers.length * 8 + length;
  const bytes = new Uint8Array(body + checksumBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint16(4, version, true);
  view.setUint16(6, kind, true);
  let at = headerBytes;
  for (const number of numbers) {
    view.setFloat64(at, number, true);
    at += 8;
  }
  for (const part of cells) {
    bytes.set(part, at);
    at += part.length;
  }
  view.setInt32(body, checksum.hash(bytes.subarray(0, body)), true);
  view.setInt32(body + 4, checksum.high, true);
  return bytes;
}

/** Reads what `encodeFilter` wrote; nothing is allocated for what isn't there. */
export class FilterReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #at = headerBytes;

  /** @throws {FilterFormatError} when it is no undamaged filter of that kind, {TypeError} when it is no Uint8Array */
  constructor(kind: number, bytes: Uint8Array) {
    if (!(bytes instanceof Uint8Array)) rejectType("bytes", "a Uint8Array", bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length - checksumBytes;
    if (this.#end < headerBytes) throw new FilterFormatError(`${bytes.length} bytes are too few`);
    if (this.#view.getUint32(0, true) !== magic)
      throw new FilterFormatError("it doesn't begin as a filter does");
    const found = this.#view.getUint16(4, true);
    if (found !== version) throw new FilterFormatError(`version ${found} isn't known here, only ${version}`);
    const low = checksum.hash(bytes.subarray(0, this.#end));
    if (
      low !== this.#view.getInt32(this.#end, true) ||
      checksum.high !== this.#view.getInt32(this.#end + 4, true)
    )
      throw new FilterFormatError("damaged or cut off: the checksum is another one");
    if (this.#view.getUint16(6, true) !== kind) throw new FilterFormatError("it is a filter of another kind");
  }

  /** @returns the next number, an integer unless `whole` is false @throws {FilterFormatError} when it is out of bounds */
  number(what: string, min: number, max: number, whole = true): number {
    if (this.#at + 8 > this.#end) throw new FilterFormatError(`${what} is missing`);
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    if (!(value >= min && value <= max) || (whole && !Number.isInteger(value)))
      throw new FilterFormatError(`${what}: expected a number from ${min} to ${max}, got ${value}`);
    return value;
  }

  /** @returns the next `length` bytes, not copied @throws {FilterFormatError} when there are fewer */
  cells(length: number): Uint8Array {
    if (this.#at + length > this.#end)
      throw new FilterFormatError(`expected ${length} bytes of cells, got fewer`);
    const cells = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return cells;
  }

  /** @throws {FilterFormatError} when there is more */
  finish(): void {
    if (this.#at !== this.#end) throw new FilterFormatError(`${this.#end - this.#at} bytes too many`);
  }
}

/** @returns the words as little-endian bytes */
export function wordBytes(words: Int32Array | Uint16Array): Uint8Array {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength).slice();
  return isLittleEndian ? bytes : swapped(bytes, words.BYTES_PER_ELEMENT);
}

/** @param bytes little-endian @returns a copy in the machine's order, to be read as words of `size` bytes */
export function bytesOfWords(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  // Not `slice`, which copies nothing where the bytes are a Buffer.
  const copy = new Uint8Array(bytes);
  return isLittleEndian ? copy : swapped(copy, size);
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function swapped<T extends Uint8Array>(bytes: T, size: number): T {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  return bytes;
}
