import { deserialize, serialize } from "node:v8";
import type { Codec } from "./codec.ts";
import { notPlain, readPlain } from "./v8-plain.ts";

/**
 * Values by the structured clone algorithm: maps, sets, dates, bigints, typed arrays, errors and cycles come back as they
 * were, classes as plain objects. Functions and symbols can't be encoded.
 *
 * Foreign bytes can't make it run code, share memory or touch a prototype (`__proto__` becomes a property like any other);
 * nested too deep, or longer than they are, they are refused. They can make an array that is empty and says it has 2³² − 1
 * elements, or a regular expression that is slow to match. A newer Node writes what an older one may refuse: to that a miss.
 * @see https://nodejs.org/api/v8.html#serialization-api
 */
export const v8Codec: Codec<unknown> = Object.freeze({
  mark: "v8",
  encode: (value: unknown): Uint8Array => serialize(value),
  decode: (bytes: Uint8Array): unknown => {
    const plain = readPlain(bytes);
    // Of its own, since typed arrays of the value are views of what is given here: of a socket's whole chunk, for each byte.
    return plain === notPlain ? deserialize(new Uint8Array(bytes)) : plain;
  },
});
