import { ToolIndexFormatError } from "../../errors.ts";
import { ByteHash } from "../../kernels/index.ts";
import { rejectType } from "../../options.ts";
import { groupCount } from "../text/related-groups.ts";
import { relatedWords } from "../text/related-words.ts";
import { documentOf, type PackedLists } from "./posting-lists.ts";
import { weights } from "./weights.ts";

/** What of a ranking is saved. */
export interface SavedIndex {
  /** By id; that of a free id is empty. */
  readonly names: string[];
  /** By id, the place in the catalogue's order. */
  readonly order: Float64Array;
  /** By id, 1 for a pinned tool. */
  readonly pinned: Uint8Array;
  /** Of terms above the groups; a free one is empty. */
  readonly stems: readonly string[];
  readonly lists: PackedLists;
}

type Header = readonly [number, number, number, number, number, number, number, number];

/** "VTIX", which reads as another number on a machine of the other byte order: those don't exchange files. */
const magic = 0x58495456;
const version = 1;
/** In no name and no stem. */
const separator = "\0";
const headerBytes = 32;
const checksumBytes = 8;
const byteHash = new ByteHash(0);

/**
 * Header (magic, version, lexicon, documents, stems, postings, bytes of the names, bytes of the stems: 32 bits each), order
 * (64-bit floating point), list lengths, entries (32 bits), pins, names and stems (UTF-8), filled up to 8 bytes, and a checksum of all that (64 bits).
 */
export function writeIndex({ names, order, pinned, stems, lists }: SavedIndex): Uint8Array {
  const nameText = Buffer.from(names.join(separator));
  const stemText = Buffer.from(stems.join(separator));
  const header = Uint32Array.of(
    magic,
    version,
    lexicon(),
    names.length,
    stems.length,
    lists.entries.length,
    nameText.length,
    stemText.length,
  );
  const parts = [header, order, lists.counts, lists.entries, pinned, nameText, stemText];
  const end = padded(parts.reduce((sum, part) => sum + part.byteLength, 0));
  const bytes = new Uint8Array(end + checksumBytes);
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  bytes.set(checksumOf(bytes.subarray(0, end)), end);
  return bytes;
}

/** @throws {ToolIndexFormatError} unless the bytes are a whole index of this version */
export function readIndex(bytes: Uint8Array): SavedIndex {
  if (!(bytes instanceof Uint8Array)) rejectType("bytes", "a Uint8Array", bytes);
  const end = bytes.length - checksumBytes;
  if (end < headerBytes || end % 8 !== 0)
    throw new ToolIndexFormatError(`it can't be ${bytes.length} bytes long`);
  // Typed arrays need an aligned start. Not `slice`, which copies nothing of a Buffer.
  const { buffer, byteOffset: from } = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  const [found, foundVersion, foundLexicon, documents, stems, postings, nameBytes, stemBytes] =
    new Uint32Array(buffer, from, 8) as unknown as Header;
  if (found !== magic) throw new ToolIndexFormatError("it doesn't begin as one does");
  if (foundVersion !== version)
    throw new ToolIndexFormatError(`version ${foundVersion} isn't known here, only ${version}`);
  const sum = checksumOf(new Uint8Array(buffer, from, end));
  if (sum.some((byte, i) => byte !== bytes[end + i]))
    throw new ToolIndexFormatError("damaged or cut off: the checksum is another one");
  if (foundLexicon !== lexicon()) throw new ToolIndexFormatError("made with other word lists or weights");
  const terms = stems + groupCount;
  const size = headerBytes + documents * 9 + terms * 4 + postings * 4 + nameBytes + stemBytes;
  if (padded(size) !== end) throw new ToolIndexFormatError("its parts don't add up to its length");
  let at = from + headerBytes;
  const words = (count: number): Uint32Array => {
    at += count * 4;
    return new Uint32Array(buffer, at - count * 4, count);
  };
  const order = new Float64Array(buffer, at, documents);
  at += documents * 8;
  // Copies, since lists change, and so may the caller's bytes.
  const counts = words(terms).slice();
  const entries = words(postings).slice();
  const pinned = new Uint8Array(buffer, at, documents);
  at += documents;
  const names = readTexts(new Uint8Array(buffer, at, nameBytes), documents);
  const stemTexts = readTexts(new Uint8Array(buffer, at + nameBytes, stemBytes), stems);
  const lists = { counts, entries };
  check({ names, order, pinned, stems: stemTexts, lists });
  return { names, order, pinned, stems: stemTexts, lists };
}

/** A checksum proves that nothing was damaged, not that a friend wrote it. */
function check({ names, lists }: SavedIndex): void {
  if (lists.counts.reduce((sum, count) => sum + count, 0) !== lists.entries.length)
    throw new ToolIndexFormatError("its lists don't add up");
  // Numbers beyond all tools do no harm: typed arrays pass over them. Those of free ids would be found.
  if (names.includes("")) checkDocuments(names, lists.entries);
}

function checkDocuments(names: readonly string[], entries: Uint32Array): void {
  for (const entry of entries)
    if (names[documentOf(entry)] === "")
      throw new ToolIndexFormatError(`a list has tool ${documentOf(entry)}, which isn't there`);
}

function readTexts(bytes: Uint8Array, count: number): string[] {
  if (count === 0) return [];
  const texts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString().split(separator);
  if (texts.length !== count) throw new ToolIndexFormatError(`expected ${count} names, got ${texts.length}`);
  return texts;
}

function checksumOf(bytes: Uint8Array): Uint8Array {
  const low = byteHash.hash(bytes);
  return new Uint8Array(Int32Array.of(low, byteHash.high).buffer);
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

let lexiconHash: number | undefined;

/** Impacts are made with the word lists and weights of this version; others would rank by chance. */
function lexicon(): number {
  lexiconHash ??= byteHash.hash(Buffer.from(relatedWords.join("\n") + JSON.stringify(weights))) >>> 0;
  return lexiconHash;
}
