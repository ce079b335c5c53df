import { ClosedError } from "../errors.ts";
import { mostAtOnce, mostBytesAtOnce, RecordPlaces, type RingCodec } from "./ring-codec.ts";
import type { RingCore } from "./ring-core.ts";
import { RingEvent } from "./ring-event.ts";
import { recordHeadBytes, ringWords, slotBytes } from "./ring-layout.ts";
import type { RingMemory } from "./ring-memory.ts";

const { tail: tailWord, head: headWord, start } = ringWords;

/** Of the tail's word: nothing is put in any more. */
const closedBit = 1;

/**
 * Many producers, many consumers: Vyukov's bounded queue, a circle of slots of one size, each with a sequence number.
 *
 * Positions count by 2, so that the tail's word has a bit for "closed". Slot `i` of `n` starts at `2i`. For position `p`
 * a slot's number is `p` while it is free, `p + 1` while it holds a record, and `p + 2n` when it is free for the next
 * round. A producer finds the slot at the tail free, moves the tail on by compare-and-exchange (then the slot is its
 * own), writes, and stores `p + 1`; a consumer does likewise at the head and stores `p + 2n`. Several slots in a row are
 * taken by one exchange: a slot that was found free stays so until the tail passes it, and then the exchange fails.
 * Numbers wrap at 2³²; differences are right as 32-bit integers, for up to 2²⁹ slots. A thread that is held up between
 * looking and exchanging while exactly 2³¹ records pass would be deceived.
 *
 * Order of memory: head and payload are written (plain) between the exchange that gives the slot to one producer and the
 * atomic store of `p + 1`, and read (plain) after the atomic load of `p + 1` and before the store of `p + 2n`, which the
 * next producer loads. So all plain accesses to a slot are ordered by its number, and there is no data race.
 *
 * Closing sets a bit of the tail's word, so an exchange after it fails: a record whose place was taken before the close
 * will be delivered, all others get the error. It has ended when head and tail meet after that.
 *
 * A thread that dies between the exchange and the store (within the copying of a record or a batch) leaves slots that
 * nobody else may touch. The others go on until they come to these, and then find the ring empty or full for good. That
 * can't be mended from outside, since "died" looks like "slow"; `held` tells of it.
 */
export class SlotRing<T, One> implements RingCore<T, One> {
  readonly codec: RingCodec<T, One>;
  readonly maxRecordBytes: number;
  readonly data: RingEvent;
  readonly space: RingEvent;
  readonly #memory: RingMemory;
  readonly #mask: number;
  /** What a position gains in a round. */
  readonly #round: number;
  readonly #slotWords: number;
  readonly #mostAtOnce: number;
  readonly #places = new RecordPlaces();
  /** How many slots the last `#reserve` or `#claim` took. */
  #reserved = 0;

  /** @param capacity slots, a power of two from 1 to 2²⁹ */
  constructor(memory: RingMemory, codec: RingCodec<T, One>, capacity: number, maxRecordBytes: number) {
    this.#memory = memory;
    this.codec = codec;
    this.#mask = capacity - 1;
    this.#round = 2 * capacity;
    this.#slotWords = slotBytes(maxRecordBytes) / 4;
    this.#mostAtOnce = Math.min(
      mostAtOnce,
      Math.max(1, Math.floor(mostBytesAtOnce / slotBytes(maxRecordBytes))),
    );
    this.maxRecordBytes = maxRecordBytes;
    this.data = new RingEvent(memory, ringWords.data);
    this.space = new RingEvent(memory, ringWords.space);
  }

  put(encoded: One, head: number): boolean {
    const position = this.#reserve(1);
    if (this.#reserved === 0) return false;
    this.#fill(position, encoded, head);
    this.data.signal();
    return true;
  }

  putMany(items: readonly One[], heads: readonly number[]): number {
    if (items.length === 0) return 0;
    const position = this.#reserve(items.length);
    const count = this.#reserved;
    for (let i = 0; i < count; i++) this.#fill((position + 2 * i) | 0, items[i]!, heads[i]!);
    if (count > 0) this.data.signal();
    return count;
  }

  take(): T | undefined {
    const position = this.#claim(1);
    if (this.#reserved === 0) return undefined;
    const word = this.#word(position);
    let one: One;
    try {
      one = this.codec.read(this.#memory.read(word + 1), (word + 1) * 4 + recordHeadBytes);
    } finally {
      // Also when it couldn't be read, for want of memory: a slot that is kept would stall the ring.
      this.#giveBack(position, 1);
    }
    return this.codec.decode(one);
  }

  takeMany(max: number): T[] {
    const first = this.#claim(Math.min(max, this.#mostAtOnce));
    const count = this.#reserved;
    if (count === 0) return [];
    const { heads, ats } = this.#places;
    for (let i = 0; i < count; i++) {
      const word = this.#word((first + 2 * i) | 0);
      heads[i] = this.#memory.read(word + 1);
      ats[i] = (word + 1) * 4 + recordHeadBytes;
    }
    let many: unknown;
    try {
      many = this.codec.readMany(this.#places, count);
    } finally {
      this.#giveBack(first, count);
    }
    return this.codec.decodeMany(many);
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

  held(side: "producer" | "consumer"): boolean {
    const head = this.#memory.load(headWord);
    const tail = this.#memory.load(tailWord) & ~closedBit;
    if (side === "producer") {
      // Taken by a producer, and not filled.
      return head !== tail && this.#memory.load(this.#word(head)) === head;
    }
    // Taken by a consumer in the round before, and not given back: its number is still that of a record.
    const number = this.#memory.load(this.#word(tail));
    return number === ((tail - this.#round + 1) | 0) && ((head - (tail - this.#round)) | 0) > 0;
  }

  used(): number {
    const head = this.#memory.load(headWord);
    return (((this.#memory.load(tailWord) & ~closedBit) - head) | 0) / 2;
  }

  #word(position: number): number {
    return start + ((position >> 1) & this.#mask) * this.#slotWords;
  }

  /**
   * Takes up to `most` free slots in a row.
   * @returns the first one's position
   * @throws {ClosedError}
   */
  #reserve(most: number): number {
    for (;;) {
      const tail = this.#memory.load(tailWord);
      if ((tail & closedBit) !== 0) throw new ClosedError("ring");
      const count = this.#run(tail, most, 0);
      if (count < 0) continue;
      this.#reserved = count;
      if (count === 0) return tail;
      if (this.#memory.compareExchange(tailWord, tail, (tail + 2 * count) | 0) === tail) return tail;
    }
  }

  /** Takes up to `most` records in a row that are in one piece of memory. @returns the first one's position */
  #claim(most: number): number {
    for (;;) {
      const head = this.#memory.load(headWord);
      const toEnd = this.#mask + 1 - ((head >> 1) & this.#mask);
      const count = this.#run(head, Math.min(most, toEnd), 1);
      if (count < 0) continue;
      this.#reserved = count;
      if (count === 0) return head;
      if (this.#memory.compareExchange(headWord, head, (head + 2 * count) | 0) === head) return head;
    }
  }

  /**
   * Counts slots from `position` on whose number is their position plus `state`.
   * @returns how many, up to `most`; negative when others have passed this position meanwhile
   */
  #run(position: number, most: number, state: 0 | 1): number {
    let count = 0;
    while (count < most) {
      const wanted = (position + 2 * count + state) | 0;
      const difference = (this.#memory.load(this.#word(wanted)) - wanted) | 0;
      if (difference !== 0) return difference > 0 && count === 0 ? -1 : count;
      count++;
    }
    return count;
  }

  #giveBack(first: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const position = (first + 2 * i) | 0;
      this.#memory.store(this.#word(position), (position + this.#round) | 0);
    }
    this.space.signal();
  }

  #fill(position: number, encoded: One, head: number): void {
    const word = this.#word(position);
    this.#memory.write(word + 1, head);
    this.codec.write(encoded, head, (word + 1) * 4 + recordHeadBytes);
    this.#memory.store(word, (position + 1) | 0);
  }
}
