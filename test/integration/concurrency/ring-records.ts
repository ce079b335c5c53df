/** Records that tell whether they came whole, once and in order. */

export type Sizes = "small" | "mixed";
export type Item = Uint8Array | { readonly p: number; readonly n: number; readonly text: string };

const headBytes = 12;

const sumLimit = 2 ** 52;

/** Adds up what stays an exact integer. */
export function addUp(a: number, b: number): number {
  return a + b >= sumLimit ? a + b - sumLimit : a + b;
}

/** Scrambles a number; a sum of these tells a doubled and a lost record from none. */
function scrambled(producer: number, n: number): number {
  const x = Math.imul(n ^ (producer << 24), 0x9e3779b1);
  return (x ^ (x >>> 15)) >>> 0;
}

function lengthOf(hash: number, sizes: Sizes): number {
  return headBytes + (sizes === "small" ? hash & 7 : (hash & 15) === 0 ? hash % 1000 : hash % 60);
}

export const longestRecord = headBytes + 1000;

const scratch = new Uint8Array(256 * longestRecord);
let used = 0;

/**
 * Makes the `n`th record of a producer: who, which, a checksum of these, and filling that follows from it.
 * It is overwritten after the next 256.
 */
export function makeBytes(producer: number, n: number, sizes: Sizes): Uint8Array {
  const hash = scrambled(producer, n);
  const length = lengthOf(hash, sizes);
  if (used + length > scratch.length) used = 0;
  const record = scratch.subarray(used, used + length);
  used += length;
  putWord(record, 0, producer);
  putWord(record, 4, n);
  putWord(record, 8, hash);
  record.fill(hash & 255, headBytes);
  return record;
}

function putWord(record: Uint8Array, at: number, value: number): void {
  record[at] = value >>> 24;
  record[at + 1] = value >>> 16;
  record[at + 2] = value >>> 8;
  record[at + 3] = value;
}

function wordOf(record: Uint8Array, at: number): number {
  return ((record[at]! << 24) | (record[at + 1]! << 16) | (record[at + 2]! << 8) | record[at + 3]!) >>> 0;
}

const texts = ["", "plain", "schön", "漢字", "💡"];

export function makeJson(producer: number, n: number, sizes: Sizes): Item {
  const text = texts[n % texts.length]!;
  return { p: producer, n, text: sizes === "small" ? text : text.repeat(n % 20) };
}

/** What one consumer got. */
export interface Tally {
  /** By producer: how many, the sum of their scrambled numbers (modulo 2⁵²). */
  readonly counts: number[];
  readonly sums: number[];
  /** The first thing that was wrong. */
  fault: string | undefined;
}

/** Checks what one consumer gets; numbers of a producer must ascend, since the ring keeps its order. */
export class Checker {
  readonly tally: Tally;
  readonly #last: number[];
  readonly #sizes: Sizes;

  constructor(producers: number, sizes: Sizes) {
    this.tally = {
      counts: new Array(producers).fill(0),
      sums: new Array(producers).fill(0),
      fault: undefined,
    };
    this.#last = new Array(producers).fill(-1);
    this.#sizes = sizes;
  }

  add(item: Item): void {
    if (item instanceof Uint8Array) this.#addBytes(item);
    else {
      const expected = makeJson(item.p, item.n, this.#sizes) as { readonly text: string };
      if (item.text !== expected.text) this.#fail(`text ${item.text} of ${item.p}/${item.n}`);
      this.#count(item.p, item.n, scrambled(item.p, item.n));
    }
  }

  #addBytes(record: Uint8Array): void {
    const producer = wordOf(record, 0);
    const n = wordOf(record, 4);
    const hash = scrambled(producer, n);
    const filling = hash & 255;
    const whole = wordOf(record, 8) === hash && record.length === lengthOf(hash, this.#sizes);
    if (!whole) this.#fail(`damaged record of ${record.length} bytes, ${producer}/${n}`);
    for (let i = headBytes; i < record.length; i++)
      if (record[i] !== filling) this.#fail(`damaged filling of ${producer}/${n}`);
    this.#count(producer, n, hash);
  }

  #count(producer: number, n: number, hash: number): void {
    const { counts, sums } = this.tally;
    if (!(n > this.#last[producer]!)) this.#fail(`${producer}/${n} after ${this.#last[producer]}`);
    this.#last[producer] = n;
    counts[producer]!++;
    sums[producer] = addUp(sums[producer]!, hash);
  }

  #fail(why: string): void {
    this.tally.fault ??= why;
  }
}

/** @returns what all consumers together must have summed up of a producer's first `count` records */
export function sumOf(producer: number, count: number): number {
  let sum = 0;
  for (let n = 0; n < count; n++) sum = addUp(sum, scrambled(producer, n));
  return sum;
}
