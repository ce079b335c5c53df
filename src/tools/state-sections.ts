import { crc32 } from "node:zlib";
import { SelectorStateError } from "../errors.ts";

/** "VTS" and the version of this format. */
const magic = 0x56545301;
const headerBytes = 12;
const mostSections = 16;

/**
 * Puts byte strings into one: magic and version, CRC-32 of all that follows, number of sections, their lengths, then
 * the sections themselves; all numbers little-endian.
 */
export function packSections(sections: readonly Uint8Array[]): Uint8Array {
  const total = headerBytes + 4 * sections.length + sections.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(8, sections.length, true);
  let at = headerBytes + 4 * sections.length;
  for (const [i, section] of sections.entries()) {
    view.setUint32(headerBytes + 4 * i, section.length, true);
    bytes.set(section, at);
    at += section.length;
  }
  view.setUint32(4, crc32(bytes.subarray(8)), true);
  return bytes;
}

/**
 * @returns the sections, as views of `bytes`
 * @throws {SelectorStateError} when they aren't what `packSections` made: everything is checked before anything is used
 */
export function unpackSections(bytes: Uint8Array, expected: number): readonly Uint8Array[] {
  if (bytes.length < headerBytes)
    throw new SelectorStateError(`expected ≥ ${headerBytes} bytes, got ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.getUint32(0, true);
  if (found >>> 8 !== magic >>> 8) throw new SelectorStateError("these bytes are something else");
  if (found !== magic)
    throw new SelectorStateError(`expected version ${magic & 0xff}, got ${found & 0xff}; save it again`);
  if (view.getUint32(4, true) !== crc32(bytes.subarray(8)))
    throw new SelectorStateError("damaged: the checksum differs");
  const count = view.getUint32(8, true);
  if (count !== expected || count > mostSections)
    throw new SelectorStateError(`expected ${expected} sections, got ${count}`);
  const sections: Uint8Array[] = [];
  let at = headerBytes + 4 * count;
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(headerBytes + 4 * i, true);
    if (at + length > bytes.length)
      throw new SelectorStateError("damaged: a section is longer than the file");
    sections.push(bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.length) throw new SelectorStateError("damaged: there are bytes after the last section");
  return sections;
}
