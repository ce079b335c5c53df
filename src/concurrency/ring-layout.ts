import { RingHandleError } from "../errors.ts";

/** What a ring carries: bytes, or anything that JSON can say. */
export type RingPayload = "binary" | "json";

declare const carried: unique symbol;

/**
 * How other threads reach a ring: hand it over by `postMessage` or `workerData`, and `attach` to it there. It is a plain
 * object around the shared memory.
 */
export interface RingHandle<T> {
  readonly kind: "spsc" | "mpmc";
  readonly payload: RingPayload;
  readonly buffer: SharedArrayBuffer;
  /** Only for the compiler: what `attach` gives a ring of. */
  readonly [carried]?: T;
}

/** What is fixed when a ring is made, as its memory says it to those who attach. */
export interface RingShape {
  readonly kind: "spsc" | "mpmc";
  readonly payload: RingPayload;
  /** Bytes (SPSC) or records (MPMC); a power of two. */
  readonly capacity: number;
  /** The longest payload, in bytes. */
  readonly maxRecordBytes: number;
}

/** Indices of 32-bit words. What different threads write stands 128 bytes apart, since neighbouring lines come in pairs. */
export const ringWords = Object.freeze({
  magic: 0,
  kind: 1,
  payload: 2,
  capacity: 3,
  maxRecordBytes: 4,
  /** The last number given to one who attached. */
  lastMember: 5,
  /** Who produces and who consumes (SPSC only): a member's number, or 0. */
  producer: 6,
  consumer: 7,
  tail: 32,
  head: 64,
  /** "There is a record", or the end. */
  data: 96,
  /** "There is room", or the end. */
  space: 128,
  /** Where records begin. */
  start: 160,
});

/** "VRN" and a version of the layout. */
const magic = 0x56524e01;
const kinds = ["spsc", "mpmc"] as const;
const payloads = ["binary", "json"] as const;

/** Bytes that a record takes beside its payload: a word that says its length; with MPMC, a sequence number too. */
export const recordHeadBytes = 4;
export const slotHeadBytes = 8;

/** The most bytes that records can take in all, so that a byte's index is a positive 32-bit integer. */
export const mostRingBytes = 2 ** 30;

/** Bytes from one slot to the next. */
export function slotBytes(maxRecordBytes: number): number {
  return slotHeadBytes + ((maxRecordBytes + 7) & ~7);
}

function dataBytes({ kind, capacity, maxRecordBytes }: RingShape): number {
  return kind === "spsc" ? capacity : capacity * slotBytes(maxRecordBytes);
}

/**
 * @param first where positions begin, a multiple of 4; so a test needn't push 2³⁰ records to see them wrap
 * @returns fresh memory of an empty ring
 */
export function allocateRing(shape: RingShape, first = 0): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(ringWords.start * 4 + dataBytes(shape));
  const words = new Int32Array(buffer);
  words[ringWords.kind] = kinds.indexOf(shape.kind);
  words[ringWords.payload] = payloads.indexOf(shape.payload);
  words[ringWords.capacity] = shape.capacity;
  words[ringWords.maxRecordBytes] = shape.maxRecordBytes;
  words[ringWords.magic] = magic;
  words[ringWords.tail] = first;
  words[ringWords.head] = first;
  if (shape.kind === "mpmc") numberSlots(words, shape, first);
  return buffer;
}

/** Every slot is free for its first round. */
function numberSlots(words: Int32Array, { capacity, maxRecordBytes }: RingShape, first: number): void {
  const slotWords = slotBytes(maxRecordBytes) / 4;
  for (let i = 0; i < capacity; i++) {
    const position = (first + 2 * i) | 0;
    words[ringWords.start + ((position >> 1) & (capacity - 1)) * slotWords] = position;
  }
}

/**
 * Reads the shape back from what came from another thread.
 * @throws {RingHandleError} when `handle` is none, or one of another kind of ring, or its memory isn't a ring's
 */
export function shapeOf(handle: unknown, kind: RingShape["kind"]): RingShape {
  if (typeof handle !== "object" || handle === null || !("buffer" in handle))
    throw new RingHandleError("expected the `handle` of a ring");
  const { buffer } = handle;
  if (!(buffer instanceof SharedArrayBuffer))
    throw new RingHandleError("expected a SharedArrayBuffer as its buffer");
  if (buffer.byteLength < ringWords.start * 4) throw new RingHandleError("its memory isn't a ring's");
  const words = new Int32Array(buffer, 0, ringWords.start);
  const shape = {
    kind: kinds[words[ringWords.kind]!],
    payload: payloads[words[ringWords.payload]!],
    capacity: words[ringWords.capacity]!,
    maxRecordBytes: words[ringWords.maxRecordBytes]!,
  };
  if (
    words[ringWords.magic] !== magic ||
    !isShape(shape) ||
    buffer.byteLength !== ringWords.start * 4 + dataBytes(shape)
  )
    throw new RingHandleError("its memory isn't a ring's, or is one of another version");
  if (shape.kind !== kind) throw new RingHandleError(`expected one of kind "${kind}", got "${shape.kind}"`);
  return shape;
}

function isShape(shape: { readonly [K in keyof RingShape]: RingShape[K] | undefined }): shape is RingShape {
  const { kind, payload, capacity = 0, maxRecordBytes = 0 } = shape;
  return (
    kind !== undefined &&
    payload !== undefined &&
    capacity > 0 &&
    (capacity & (capacity - 1)) === 0 &&
    maxRecordBytes > 0
  );
}
