import { ClosedError, RingRoleError } from "../errors.ts";
import { lengthMask, mostAtOnce, mostBytesAtOnce, RecordPlaces, type RingCodec } from "./ring-codec.ts";
import type { RingCore } from "./ring-core.ts";
import { RingEvent } from "./ring-event.ts";
import { recordHeadBytes, ringWords } from "./ring-layout.ts";
import type { RingMemory } from "./ring-memory.ts";

const { tail: tailWord, head: headWord, start, lastMember } = ringWords;
const startByte = start * 4;

/** In place of a record's head: the rest up to the end of memory is empty, and the record is at the beginning. */
const skip = -1;

/** Of the tail's word: nothing is put in any more. Positions are multiples of 4, so the lowest bits are free. */
const closedBit = 1;

/**
 * One producer, one consumer, records of any length: a circle of bytes after Lamport's queue, where each side notes the
 * other's position and looks again only when that doesn't suffice.
 *
 * A record is its head (a word) and its payload, filled up to a multiple of 4, in one piece. When it doesn't fit before
 * the end of memory it goes to the beginning; so the longest takes half of the memory, and always fits an empty ring.
 * Positions count bytes and wrap at 2³²; the difference of two is right as a 32-bit integer, for capacities up to 2³⁰.
 *
 * Order of memory: the producer writes heads and payloads (plain), then stores the tail (atomic); the consumer loads the
 * tail (atomic), then reads (plain), then stores the head (atomic), which the producer loads before it writes there again.
 * Each plain access is ordered before, or after, each other one to the same byte by such a pair, so that there is no
 * data race, and the consumer reads what was written.
 *
 * The tail is stored by compare-and-exchange, and closing sets a bit of the same word: a record is either in before the
 * close, and will be delivered, or its producer gets the error.
 *
 * A producer that dies before it has stored the tail leaves nothing behind. What a consumer had not yet given back when
 * it died is delivered again to the one that takes over.
 */
export class ByteRing<T, One> implements RingCore<T, One> {
  readonly codec: RingCodec<T, One>;
  readonly maxRecordBytes: number;
  readonly data: RingEvent;
  readonly space: RingEvent;
  readonly #memory: RingMemory;
  readonly #capacity: number;
  readonly #places = new RecordPlaces();
  #member = 0;
  #produces = false;
  #consumes = false;
  /** The producer's own: what it has written, what of it is published, and the head as last seen. */
  #tail = 0;
  #published = 0;
  #seenHead = 0;
  /** The consumer's own: what it has read, and the tail as last seen. */
  #head = 0;
  #seenTail = 0;

  /** @param capacity bytes, a power of two from 8 to 2³⁰ */
  constructor(memory: RingMemory, codec: RingCodec<T, One>, capacity: number) {
    this.#memory = memory;
    this.codec = codec;
    this.#capacity = capacity;
    this.maxRecordBytes = capacity / 2 - recordHeadBytes;
    this.data = new RingEvent(memory, ringWords.data);
    this.space = new RingEvent(memory, ringWords.space);
  }

  put(encoded: One, head: number): boolean {
    if (!this.#produces) this.#produce();
    if (!this.#stage(encoded, head)) {
      if (this.closed) throw new ClosedError("ring");
      return false;
    }
    this.#publish();
    return true;
  }

  putMany(items: readonly One[], heads: readonly number[]): number {
    if (!this.#produces) this.#produce();
    let count = 0;
    while (count < items.length && this.#stage(items[count]!, heads[count]!)) count++;
    if (count > 0) this.#publish();
    else if (items.length > 0 && this.closed) throw new ClosedError("ring");
    return count;
  }

  take(): T | undefined {
    if (!this.#consumes) this.#consume();
    if (!this.#look()) return undefined;
    const { codec } = this;
    const at = this.#enter();
    const head = this.#memory.read((startByte + at) >> 2);
    const one = codec.read(head, startByte + at + recordHeadBytes);
    this.#head = (this.#head + sizeOf(head)) | 0;
    this.#release();
    return codec.decode(one);
  }

  takeMany(max: number): T[] {
    if (!this.#consumes) this.#consume();
    if (!this.#look()) return [];
    const { codec } = this;
    const { heads, ats } = this.#places;
    const most = Math.min(max, mostAtOnce);
    const end = this.#seenTail;
    const from = this.#enter();
    let at = from;
    let count = 0;
    // What has skipped to the beginning isn't in one piece with this.
    while (count < most && ((this.#head + at - from) | 0) !== end && at < this.#capacity) {
      const head = this.#memory.read((startByte + at) >> 2);
      if (head === skip) break;
      const next = at + sizeOf(head);
      if (count > 0 && next - from > mostBytesAtOnce) break;
      heads[count] = head;
      ats[count++] = startByte + at + recordHeadBytes;
      at = next;
    }
    const many = codec.readMany(this.#places, count);
    // Only now, so that what couldn't be read, for want of memory, is still there.
    this.#head = (this.#head + at - from) | 0;
    this.#release();
    return codec.decodeMany(many);
  }

  get closed(): boolean {
    return (this.#memory.load(tailWord) & closedBit) !== 0;
  }

  close(): void {
    this.#memory.or(tailWord, closedBit);
    this.data.signal();
    this.space.signal();
  }

  ended(): boolean {
    const tail = this.#memory.load(tailWord);
    return (tail & closedBit) !== 0 && this.#memory.load(headWord) === (tail ^ closedBit);
  }

  held(): boolean {
    return false;
  }

  used(): number {
    const head = this.#memory.load(headWord);
    return ((this.#memory.load(tailWord) & ~closedBit) - head) | 0;
  }

  /** Becomes producer or consumer in place of one that has died. */
  takeOver(role: "producer" | "consumer"): void {
    this.#memory.store(ringWords[role], this.#number());
    if (role === "producer") this.#produces = false;
    else this.#consumes = false;
  }

  #number(): number {
    this.#member ||= this.#memory.add(lastMember, 1) + 1;
    return this.#member;
  }

  #claim(role: "producer" | "consumer"): void {
    const member = this.#number();
    const owner = this.#memory.compareExchange(ringWords[role], 0, member);
    if (owner !== 0 && owner !== member) throw new RingRoleError(role);
  }

  #produce(): void {
    if (this.closed) throw new ClosedError("ring");
    this.#claim("producer");
    this.#published = this.#memory.load(tailWord) & ~closedBit;
    this.#tail = this.#published;
    this.#seenHead = this.#memory.load(headWord);
    this.#produces = true;
  }

  #consume(): void {
    this.#claim("consumer");
    this.#head = this.#memory.load(headWord);
    this.#seenTail = this.#head;
    this.#consumes = true;
  }

  /** Writes a record behind what is written. @returns false when there is no room */
  #stage(encoded: One, head: number): boolean {
    const size = sizeOf(head);
    let at = this.#tail & (this.#capacity - 1);
    const toEnd = this.#capacity - at;
    const needed = size > toEnd ? toEnd + size : size;
    const most = (this.#tail + needed - this.#capacity) | 0;
    if (((this.#seenHead - most) | 0) < 0) {
      this.#seenHead = this.#memory.load(headWord);
      if (((this.#seenHead - most) | 0) < 0) return false;
    }
    if (needed !== size) {
      this.#memory.write((startByte + at) >> 2, skip);
      at = 0;
    }
    this.#memory.write((startByte + at) >> 2, head);
    this.codec.write(encoded, head, startByte + at + recordHeadBytes);
    this.#tail = (this.#tail + needed) | 0;
    return true;
  }

  #publish(): void {
    if (this.#memory.compareExchange(tailWord, this.#published, this.#tail) !== this.#published) {
      this.#tail = this.#published;
      throw new ClosedError("ring");
    }
    this.#published = this.#tail;
    this.data.signal();
  }

  /** Is there a record? */
  #look(): boolean {
    if (this.#head !== this.#seenTail) return true;
    this.#seenTail = this.#memory.load(tailWord) & ~closedBit;
    return this.#head !== this.#seenTail;
  }

  /** @returns where the next record begins, relative to the first byte */
  #enter(): number {
    const at = this.#head & (this.#capacity - 1);
    if (this.#memory.read((startByte + at) >> 2) !== skip) return at;
    this.#head = (this.#head + this.#capacity - at) | 0;
    return 0;
  }

  #release(): void {
    this.#memory.store(headWord, this.#head);
    this.space.signal();
  }
}

/** Bytes that a record takes. */
function sizeOf(head: number): number {
  return (recordHeadBytes + (head & lengthMask) + 3) & ~3;
}
