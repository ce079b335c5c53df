import { markAsUntransferable } from "node:worker_threads";
import type { RecordPlaces, RingCodec } from "./ring-codec.ts";

/** A buffer of its own for each record would take microseconds, so records are cut from chunks of this many bytes. */
const chunkBytes = 16_384;

/** A record of more bytes gets a buffer of its own. */
const mostSharedBytes = chunkBytes / 4;

/** A span may have so many bytes beside the payloads, per record, and still be copied whole. */
const mostGapBytes = 64;

/** `Uint8Array` in, `Uint8Array` out. */
export class BinaryCodec implements RingCodec<Uint8Array, Uint8Array, Uint8Array[]> {
  readonly #bytes: Uint8Array;
  #chunk = new Uint8Array(0);
  #used = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  encode(item: Uint8Array): Uint8Array {
    if (!(item instanceof Uint8Array)) throw new TypeError("ring: expected a Uint8Array");
    return item;
  }

  keep(record: Uint8Array): Uint8Array {
    return new Uint8Array(record);
  }

  head(record: Uint8Array): number {
    return record.length;
  }

  write(record: Uint8Array, head: number, at: number): void {
    if (record.length === head) this.#bytes.set(record, at);
    // Memory that can grow did so, in another thread.
    else this.#bytes.set(record.subarray(0, head), at);
  }

  read(head: number, at: number): Uint8Array {
    if (head > mostSharedBytes) return this.#bytes.slice(at, at + head);
    const offset = this.#copy(at, head);
    return new Uint8Array(this.#chunk.buffer, offset, head);
  }

  decode(record: Uint8Array): Uint8Array {
    return record;
  }

  readMany({ heads, ats }: RecordPlaces, count: number): Uint8Array[] {
    const records: Uint8Array[] = [];
    const start = ats[0]!;
    const span = ats[count - 1]! + heads[count - 1]! - start;
    let total = 0;
    for (let i = 0; i < count; i++) total += heads[i]!;
    if (span - total > count * mostGapBytes) {
      for (let i = 0; i < count; i++) records.push(this.read(heads[i]!, ats[i]!));
      return records;
    }
    const shift = this.#copy(start, span) - start;
    const { buffer } = this.#chunk;
    for (let i = 0; i < count; i++) records.push(new Uint8Array(buffer, ats[i]! + shift, heads[i]!));
    return records;
  }

  decodeMany(records: Uint8Array[]): Uint8Array[] {
    return records;
  }

  /** @returns where in the chunk the copy begins */
  #copy(at: number, length: number): number {
    if (this.#used + length > this.#chunk.length) {
      this.#chunk = new Uint8Array(Math.max(length, chunkBytes));
      // Else transferring one record would take others with it.
      markAsUntransferable(this.#chunk.buffer);
      this.#used = 0;
    }
    const offset = this.#used;
    this.#used = offset + length;
    this.#chunk.set(this.#bytes.subarray(at, at + length), offset);
    return offset;
  }
}
