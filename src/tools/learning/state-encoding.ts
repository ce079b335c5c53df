import { LearnedStateError } from "../../errors.ts";
import { ByteHash } from "../../kernels/index.ts";
import { rejectType } from "../../options.ts";
import { type EvidenceTable, maxToolsOfFeature } from "./evidence-table.ts";
import type { LearnedTools } from "./learned-tools.ts";

const magic = 0x4e524c56; // "VLRN"
const version = 1;
/** Magic, version, number of tools, number of features. */
const headerBytes = 16;
const checksumBytes = 8;
/** Instead of a length: the feature is passed over. */
const commonLength = 0xffff;

const checksum = new ByteHash(0);

interface Feature {
  readonly low: number;
  readonly high: number;
  readonly start: number;
  readonly length: number;
}

/**
 * All is little-endian: header, the tools by name (32 bits of length, UTF-16, 64-bit floating point of uses), the
 * features by their hash (2 × 32 bits, 16 bits of length, then 32 bits of tool and 32-bit floating point of evidence
 * each, by tool), checksum.
 */
export function writeState(tools: LearnedTools, table: EvidenceTable): Uint8Array {
  const numbers = tools.names.map((_, number) => number);
  numbers.sort((a, b) => (tools.names[a]! < tools.names[b]! ? -1 : 1));
  const rank = new Int32Array(numbers.length);
  for (const [at, number] of numbers.entries()) rank[number] = at;
  const names = numbers.map((number) => tools.names[number]!);
  const features: Feature[] = [];
  table.forEach((low, high, start, length) => {
    features.push({ low, high, start, length });
  });
  features.sort((a, b) => a.low - b.low || a.high - b.high);
  const size =
    headerBytes +
    names.reduce((sum, name) => sum + 2 * name.length + 12, 0) +
    features.reduce((sum, { length }) => sum + 10 + 8 * Math.max(0, length), 0);
  const bytes = new Uint8Array(size + checksumBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, version, true);
  view.setUint32(8, names.length, true);
  view.setUint32(12, features.length, true);
  let at = headerBytes;
  for (const [i, name] of names.entries()) {
    view.setUint32(at, name.length, true);
    // Units, and not UTF-8, in which all lone surrogates would be the same.
    for (let unit = 0; unit < name.length; unit++)
      view.setUint16(at + 4 + 2 * unit, name.charCodeAt(unit), true);
    at += 2 * name.length + 12;
    view.setFloat64(at - 8, tools.uses[numbers[i]!]!, true);
  }
  for (const { low, high, start, length } of features) {
    view.setInt32(at, low, true);
    view.setInt32(at + 4, high, true);
    view.setUint16(at + 8, length < 0 ? commonLength : length, true);
    at += 10;
    const places = Array.from({ length: Math.max(0, length) }, (_, i) => start + i);
    for (const place of places.sort((a, b) => rank[table.tools[a]!]! - rank[table.tools[b]!]!)) {
      view.setUint32(at, rank[table.tools[place]!]!, true);
      view.setFloat32(at + 4, table.counts[place]!, true);
      at += 8;
    }
  }
  view.setInt32(size, checksum.hash(bytes.subarray(0, size)), true);
  view.setInt32(size + 4, checksum.high, true);
  return bytes;
}

/**
 * Fills `tools` and `table`, which must be empty.
 * @throws {LearnedStateError} when it isn't what `writeState` wrote @throws {TypeError} when it is no Uint8Array
 */
export function readState(bytes: Uint8Array, tools: LearnedTools, table: EvidenceTable): void {
  const reader = new StateReader(bytes);
  const [toolCount, featureCount] = [reader.word(), reader.word()];
  for (let i = 0; i < toolCount; i++) {
    const name = reader.text(reader.word());
    if (tools.numberOf(name) !== undefined) throw new LearnedStateError("a tool comes twice");
    tools.add(tools.number(name), reader.double());
  }
  for (let i = 0; i < featureCount; i++) {
    const [low, high] = [reader.word() | 0, reader.word() | 0];
    const length = reader.half();
    if (length === commonLength) table.addCommon(low, high);
    else if (length > maxToolsOfFeature) throw new LearnedStateError("a term has too many tools");
    else
      for (let j = 0; j < length; j++) {
        const tool = reader.word();
        if (tool >= toolCount) throw new LearnedStateError("evidence of a tool that isn't there");
        table.add(low, high, tool, reader.float());
      }
  }
  reader.finish();
}

class StateReader {
  readonly #view: DataView;
  readonly #end: number;
  #at = 8;

  constructor(bytes: Uint8Array) {
    if (!(bytes instanceof Uint8Array)) rejectType("bytes", "a Uint8Array", bytes);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length - checksumBytes;
    if (this.#end < headerBytes) throw new LearnedStateError(`${bytes.length} bytes are too few`);
    if (this.#view.getUint32(0, true) !== magic) throw new LearnedStateError("it doesn't begin as one does");
    const found = this.#view.getUint32(4, true);
    if (found !== version) throw new LearnedStateError(`version ${found} isn't known here, only ${version}`);
    const low = checksum.hash(bytes.subarray(0, this.#end));
    if (
      low !== this.#view.getInt32(this.#end, true) ||
      checksum.high !== this.#view.getInt32(this.#end + 4, true)
    )
      throw new LearnedStateError("damaged or cut off: the checksum is another one");
  }

  word(): number {
    return this.#view.getUint32(this.#next(4), true);
  }

  half(): number {
    return this.#view.getUint16(this.#next(2), true);
  }

  float(): number {
    return finiteNumber(this.#view.getFloat32(this.#next(4), true));
  }

  double(): number {
    return finiteNumber(this.#view.getFloat64(this.#next(8), true));
  }

  text(units: number): string {
    const at = this.#next(2 * units);
    let text = "";
    for (let i = 0; i < units; i++) text += String.fromCharCode(this.#view.getUint16(at + 2 * i, true));
    return text;
  }

  finish(): void {
    if (this.#at !== this.#end) throw new LearnedStateError(`${this.#end - this.#at} bytes too many`);
  }

  #next(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) throw new LearnedStateError("it ends too early");
    this.#at = at + length;
    return at;
  }
}

function finiteNumber(value: number): number {
  if (!Number.isFinite(value)) throw new LearnedStateError(`expected a finite number, got ${value}`);
  return value;
}
