import { BinaryCodec } from "./ring-binary.ts";
import type { RingCodec } from "./ring-codec.ts";
import { JsonCodec } from "./ring-json.ts";
import type { RingPayload } from "./ring-layout.ts";
import { SharedMemory } from "./ring-memory.ts";

/** Opens shared memory; what comes out of a binary ring is a `Uint8Array`, whatever `T` says. */
export function openMemory<T>(
  buffer: SharedArrayBuffer,
  payload: RingPayload,
): { readonly memory: SharedMemory; readonly codec: RingCodec<T> } {
  const bytes = new Uint8Array(buffer);
  const codec = payload === "binary" ? new BinaryCodec(bytes) : new JsonCodec<T>(bytes);
  return { memory: new SharedMemory(buffer), codec: codec as RingCodec<T> };
}
