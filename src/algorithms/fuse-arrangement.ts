import { FilterBuildError } from "../errors.ts";

const mostTries = 100;
const maxSegment = 2 ** 18;

/** A bijection of the lanes of an item's hash, for another try after an arrangement has failed. */
export function mixLanes(lanes: Int32Array, times = 1): void {
  for (let i = 0; i < lanes.length; i += 2)
    for (let time = 0; time < times; time++) {
      lanes[i + 1]! ^= Math.imul(lanes[i]! ^ (lanes[i]! >>> 16), 0x21f0aaad);
      lanes[i]! ^= Math.imul(lanes[i + 1]! ^ (lanes[i + 1]! >>> 15), 0x735a2d97);
    }
}

/** Bits of both lanes, for `FuseShape.second` and `fingerprint`. */
export function bothLanes(low: number, high: number): number {
  return Math.imul(low ^ (high >>> 16), 0x2c1b3c6d);
}

/** @returns 16 bits, of which 8 may be taken */
export function fingerprint(high: number, both: number): number {
  return Math.imul(high ^ (both >>> 15), 0x297a2d39) >>> 16;
}

/**
 * How the cells are divided: an item has one in each of three neighbouring segments, and its fingerprint is their sum
 * (exclusive or).
 */
export class FuseShape {
  readonly cells: number;
  readonly #segment: number;
  readonly #firsts: number;

  /** @param segment cells, a power of two @param segments in which an item can begin */
  constructor(segment: number, segments: number) {
    this.#segment = segment;
    this.#firsts = segment * segments;
    this.cells = segment * (segments === 0 ? 0 : segments + 2);
  }

  first(low: number): number {
    return (((low >>> 0) * this.#firsts) / 2 ** 32) | 0;
  }

  second(first: number, both: number): number {
    return (first + this.#segment) ^ ((both >>> 14) & (this.#segment - 1));
  }

  third(first: number, high: number): number {
    return (first + 2 * this.#segment) ^ (high & (this.#segment - 1));
  }
}

/** @param size items that differ, ≥ 0 @see https://arxiv.org/abs/2201.01174 for the figures */
export function fuseShape(size: number): FuseShape {
  if (size === 0) return new FuseShape(4, 0);
  const segment = Math.min(maxSegment, 2 ** Math.floor(Math.log(size) / Math.log(3.33) + 2.25));
  const factor = size === 1 ? 1 : Math.max(1.125, 0.875 + (0.25 * Math.log(1e6)) / Math.log(size));
  return new FuseShape(segment, Math.max(1, Math.ceil((size * factor) / segment) - 2));
}

export interface Arranged {
  readonly size: number;
  readonly shape: FuseShape;
  /** How often the lanes of the items' hashes were mixed. */
  readonly mixes: number;
  readonly cells: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
}

/**
 * Finds cells so that each item's three add up to its fingerprint, by peeling.
 * @param lanes of the items' hashes, two of each; may have repeats; overwritten
 * @throws {FilterBuildError} after many tries
 */
export function arrangeFingerprints(lanes: Int32Array<ArrayBuffer>, bits: 8 | 16): Arranged {
  let items = lanes;
  for (let mixes = 0; mixes < mostTries; mixes++) {
    const size = items.length / 2;
    const shape = fuseShape(size);
    const cells = bits === 8 ? new Uint8Array(shape.cells) : new Uint16Array(shape.cells);
    if (new Peeling(inOrder(items), shape).assign(cells)) return { size, shape, mixes, cells };
    // Repeats are looked for only now, since with one of them no arrangement can be found.
    if (mixes === 0) items = distinct(items);
    mixLanes(items);
  }
  throw new FilterBuildError(mostTries);
}

/** Sorted roughly by the first cell, so that what is worked on together lies together. */
function inOrder(lanes: Int32Array): Int32Array {
  const ends = new Int32Array(1025);
  for (let i = 0; i < lanes.length; i += 2) ends[(lanes[i]! >>> 22) + 1]!++;
  for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
  const sorted = new Int32Array(lanes.length);
  for (let i = 0; i < lanes.length; i += 2) {
    const at = 2 * ends[lanes[i]! >>> 22]!++;
    sorted[at] = lanes[i]!;
    sorted[at + 1] = lanes[i + 1]!;
  }
  return sorted;
}

function distinct(lanes: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const pairs = new BigUint64Array(lanes.buffer).sort();
  let kept = 0;
  for (let i = 0; i < pairs.length; i++)
    if (i === 0 || pairs[i] !== pairs[kept - 1]) pairs[kept++] = pairs[i]!;
  return lanes.subarray(0, 2 * kept);
}

class Peeling {
  readonly #lanes: Int32Array;
  readonly #shape: FuseShape;
  // Of each cell, side by side, since they are needed together: how many items have it, and the sums (exclusive or) of
  // their lanes, which are the item's own where it is one. The fourth integer is unused: no cell is in two cache lines.
  readonly #table: Int32Array;

  constructor(lanes: Int32Array, shape: FuseShape) {
    this.#lanes = lanes;
    this.#shape = shape;
    this.#table = new Int32Array(4 * shape.cells);
  }

  /** @returns whether it could be done */
  assign(cells: Uint8Array | Uint16Array): boolean {
    const lanes = this.#lanes;
    const shape = this.#shape;
    const table = this.#table;
    for (let i = 0; i < lanes.length; i += 2) {
      const low = lanes[i]!;
      const high = lanes[i + 1]!;
      const first = shape.first(low);
      this.#change(first, 1, low, high);
      this.#change(shape.second(first, bothLanes(low, high)), 1, low, high);
      this.#change(shape.third(first, high), 1, low, high);
    }
    const alone = new Int32Array(cells.length);
    let waiting = 0;
    for (let cell = 0; cell < cells.length; cell++) if (table[4 * cell] === 1) alone[waiting++] = cell;
    // Items as they were peeled, over those that came, and the cell that was then theirs alone.
    const own = new Int32Array(lanes.length / 2);
    let done = 0;
    while (waiting > 0) {
      const cell = alone[--waiting]!;
      // Its item may have been peeled from another cell since.
      if (table[4 * cell] !== 1) continue;
      const low = table[4 * cell + 1]!;
      const high = table[4 * cell + 2]!;
      own[done] = cell;
      lanes[2 * done] = low;
      lanes[2 * done + 1] = high;
      done++;
      const first = shape.first(low);
      const second = shape.second(first, bothLanes(low, high));
      const third = shape.third(first, high);
      if (first !== cell && this.#change(first, -1, low, high) === 1) alone[waiting++] = first;
      if (second !== cell && this.#change(second, -1, low, high) === 1) alone[waiting++] = second;
      if (third !== cell && this.#change(third, -1, low, high) === 1) alone[waiting++] = third;
    }
    if (done < own.length) return false;
    while (done-- > 0) {
      const low = lanes[2 * done]!;
      const high = lanes[2 * done + 1]!;
      const both = bothLanes(low, high);
      const first = shape.first(low);
      // Its own cell is still 0.
      cells[own[done]!] =
        fingerprint(high, both) ^
        cells[first]! ^
        cells[shape.second(first, both)]! ^
        cells[shape.third(first, high)]!;
    }
    return true;
  }

  /** @returns how many items have the cell now */
  #change(cell: number, by: number, low: number, high: number): number {
    const table = this.#table;
    const at = 4 * cell;
    table[at + 1]! ^= low;
    table[at + 2]! ^= high;
    const count = table[at]! + by;
    table[at] = count;
    return count;
  }
}
