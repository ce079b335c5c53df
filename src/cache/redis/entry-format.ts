/**
 * How a value lies on the server: what it depends on, then its bytes.
 *
 *     version  1 byte
 *     root     2 bytes of length, then ASCII: what all values of this server depend on
 *     id       16 bytes of ASCII, drawn anew for each value
 *     tags     2 bytes of count; for each 2 bytes of length, UTF-8, 1 byte of length, its generation in ASCII
 *     payload
 *
 * Numbers are big-endian.
 */

export const entryVersion = 1;
export const entryIdLength = 16;

export interface TagStamp {
  readonly tag: string;
  readonly generation: string;
}

/** The head of a value: all before its payload. */
export interface EntryHead {
  readonly root: string;
  readonly id: string;
  readonly tags: readonly TagStamp[];
  /** Where the payload starts. */
  readonly length: number;
}

const none: readonly TagStamp[] = Object.freeze([]);
const mostTags = 65_535;
const longestTag = 65_535;

export function encodeHead(root: string, id: string, tags: readonly TagStamp[]): Buffer {
  if (tags.length > mostTags) throw new RangeError(`tags: expected at most ${mostTags}, got ${tags.length}`);
  const names = tags.map(({ tag }) => Buffer.from(tag));
  let length = 1 + 2 + root.length + entryIdLength + 2;
  for (const [index, name] of names.entries()) {
    if (name.length > longestTag)
      throw new RangeError(`tag: expected at most ${longestTag} bytes, got ${name.length}`);
    length += 2 + name.length + 1 + tags[index]!.generation.length;
  }
  const head = Buffer.allocUnsafe(length);
  head[0] = entryVersion;
  let at = head.writeUInt16BE(root.length, 1);
  at += head.write(root, at, "latin1");
  at += head.write(id, at, "latin1");
  at = head.writeUInt16BE(tags.length, at);
  for (const [index, name] of names.entries()) {
    at = head.writeUInt16BE(name.length, at);
    at += name.copy(head, at);
    const { generation } = tags[index]!;
    at = head.writeUInt8(generation.length, at);
    at += head.write(generation, at, "latin1");
  }
  return head;
}

/** @returns `undefined` when it isn't one, or of another version */
export function decodeHead(bytes: Buffer): EntryHead | undefined {
  if (bytes.length < 3 + entryIdLength + 2 || bytes[0] !== entryVersion) return undefined;
  let at = 3 + bytes.readUInt16BE(1);
  if (at + entryIdLength + 2 > bytes.length) return undefined;
  const root = bytes.toString("latin1", 3, at);
  const id = bytes.toString("latin1", at, at + entryIdLength);
  at += entryIdLength;
  const count = bytes.readUInt16BE(at);
  at += 2;
  if (count === 0) return { root, id, tags: none, length: at };
  const tags: TagStamp[] = [];
  for (let index = 0; index < count; index++) {
    if (at + 2 > bytes.length) return undefined;
    const tagEnd = at + 2 + bytes.readUInt16BE(at);
    if (tagEnd + 1 > bytes.length) return undefined;
    const end = tagEnd + 1 + bytes[tagEnd]!;
    if (end > bytes.length) return undefined;
    tags.push({
      tag: bytes.toString("utf8", at + 2, tagEnd),
      generation: bytes.toString("latin1", tagEnd + 1, end),
    });
    at = end;
  }
  return { root, id, tags, length: at };
}

/**
 * All of a head but its id, as one text: equal for values that depend on the same.
 * @returns `undefined` when it isn't a head, or of another version
 */
export function dependenciesText(bytes: Buffer): string | undefined {
  if (bytes.length < 3 + entryIdLength + 2 || bytes[0] !== entryVersion) return undefined;
  const idAt = 3 + bytes.readUInt16BE(1);
  const tagsAt = idAt + entryIdLength;
  if (tagsAt + 2 > bytes.length) return undefined;
  let end = tagsAt + 2;
  for (let count = bytes.readUInt16BE(tagsAt); count > 0; count--) {
    if (end + 2 > bytes.length) return undefined;
    const generationAt = end + 2 + bytes.readUInt16BE(end);
    if (generationAt + 1 > bytes.length) return undefined;
    end = generationAt + 1 + bytes[generationAt]!;
    if (end > bytes.length) return undefined;
  }
  // With the length before it, so that no two heads are one text.
  const root = bytes.toString("latin1", 1, idAt);
  return end === tagsAt + 2 ? root : root + bytes.toString("latin1", tagsAt, end);
}
