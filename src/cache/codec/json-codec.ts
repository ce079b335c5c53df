import type { Codec } from "./codec.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Values as JSON in UTF-8, for processes in other languages, or to be read by people. What JSON doesn't know is lost in its
 * usual way: dates become texts, `undefined` goes.
 */
export const jsonCodec: Codec<unknown> = Object.freeze({
  mark: "json",
  encode(value: unknown): Uint8Array {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`JSON: expected a value that it knows, got ${typeof value}`);
    return Buffer.from(text);
  },
  decode: (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes)),
});
