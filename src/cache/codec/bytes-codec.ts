import { rejectType } from "../../options.ts";
import type { Codec } from "./codec.ts";

/** Values that are bytes already, as they are. */
export const bytesCodec: Codec<Uint8Array> = Object.freeze({
  mark: "bytes",
  encode(value: Uint8Array): Uint8Array {
    if (!(value instanceof Uint8Array)) rejectType("value", "a Uint8Array", value);
    return value;
  },
  // A copy, since what came from the server may be part of a larger chunk, and mustn't be changed.
  decode: (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes),
});
