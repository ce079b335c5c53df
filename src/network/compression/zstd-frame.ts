/** Bytes of a frame's header at most. */
const longestHeader = 18;
const magic = 0xfd2fb528;
const dictionaryBytes = [0, 1, 2, 4] as const;

/**
 * Reads from a frame's first bytes how long its content says to be. zlib's streams don't hold a frame to it when it comes in
 * several pieces.
 * @see RFC 8878, 3.1.1.1
 */
export class ZstdFrame {
  #header = Buffer.alloc(0);

  /** @param chunk of the frame, in order */
  push(chunk: Uint8Array): void {
    if (this.#header.length < longestHeader)
      this.#header = Buffer.concat([this.#header, chunk]).subarray(0, longestHeader);
  }

  /** @returns bytes; `undefined` when the frame doesn't say, or isn't one of content */
  contentBytes(): bigint | undefined {
    const header = this.#header;
    const descriptor = header[4];
    if (descriptor === undefined || header.readUInt32LE(0) !== magic) return undefined;
    const flag = descriptor >> 6;
    const isSingle = (descriptor & 0x20) !== 0;
    const at = 5 + (isSingle ? 0 : 1) + (dictionaryBytes[descriptor & 3] ?? 0);
    const width = flag === 0 ? (isSingle ? 1 : 0) : 2 ** flag;
    if (width === 0 || header.length < at + width) return undefined;
    if (width === 8) return header.readBigUInt64LE(at);
    return BigInt(header.readUIntLE(at, width) + (width === 2 ? 256 : 0));
  }
}
