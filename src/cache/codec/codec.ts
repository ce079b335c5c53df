import { callable, knownKeys, optionsObject, reject } from "../../options.ts";

/**
 * How values become the bytes that lie on a shared server. A value carries the mark of its codec, so that processes with
 * different ones can share a server: a mark that a process doesn't know is a miss to it.
 */
export interface Codec<V> {
  /** Says which codec wrote a value: 1 to 16 letters, digits, `-`, `_` or `.`. Another format is another mark. */
  readonly mark: string;
  /** @throws when the value can't be encoded; whoever stores it learns of it */
  encode(value: V): Uint8Array;
  /**
   * @param bytes of any content: of another version, damaged, or a stranger's; no longer changed by anybody
   * @returns a value that nobody else holds: it may be frozen, or thrown away with parts of it frozen
   * @throws when they aren't what `encode` writes; the cache counts a damaged value and loads it anew
   */
  decode(bytes: Uint8Array): V;
}

const markPattern = /^[A-Za-z0-9_.-]{1,16}$/;

/**
 * @returns `codec`, when it is one
 * @throws {TypeError} when a part of it is missing
 * @throws {RangeError} when its mark can't be one
 */
export function checkCodec<V>(codec: Codec<V>): Codec<V> {
  optionsObject("codec", codec);
  callable("codec.encode", codec.encode);
  callable("codec.decode", codec.decode);
  if (typeof codec.mark !== "string" || !markPattern.test(codec.mark))
    reject("codec.mark", "1 to 16 letters, digits, -, _ or .", codec.mark);
  return codec;
}

/**
 * A codec of two functions.
 * @throws {TypeError} @throws {RangeError} as `checkCodec`
 */
export function codecOf<V>(codec: Codec<V>): Codec<V> {
  knownKeys("codec", codec, ["mark", "encode", "decode"]);
  return Object.freeze({ ...checkCodec(codec) });
}
