import { FilterBuildError } from "./filter-errors.ts";

const mostTries = 100;
const maxSegment = 2 ** 18;

/** Where an item's fingerprint is the sum (exclusive or) of three cells. */
export interface Placed {
  low: number;
  high: number;
  first: number;
  second: number;
  third: number;
  fingerprint: number;
}

/** Mixes the lanes of an item's hash as often as earlier arrangements failed. */
export function mixLanes(placed: Placed, low: number, high: number, times: number): Placed {
  placed.low = low;
  placed.high = high;
  for (let i = 0; i < times; i++) {
    placed.high ^= Math.imul(placed.low ^ (placed.low >>> 16), 0x21f0aaad);
    placed.low ^= Math.imul(placed.high ^ (placed.high >>> 15), 0x735a2d97);
  }
  return placed;
}

/** How the cells are divided: an item has one in each of three neighbouring segments. */
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

  place(at: Placed): Placed {
    const { low, high } = at;
    const segment = this.#segment;
    const mask = segment - 1;
    const more = Math.imul(low ^ (high >>> 16), 0x2c1b3c6d);
    at.first = Math.floor(((low >>> 0) * this.#firsts) / 2 ** 32);
    at.second = (at.first + segment) ^ ((more >>> 14) & mask);
    at.third = (at.first + 2 * segment) ^ (high & mask);
    at.fingerprint = Math.imul(high ^ (more >>> 15), 0x297a2d39) >>> 16;
    return at;
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
  readonly mixes: number;
  readonly cells: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
}

/**
 * Finds cells so that each item's three add up to its fingerprint, by peeling.
 * @param lanes of the items' hashes, two of each; may have repeats
 * @throws {FilterBuildError} after many tries
 */
export function arrangeFingerprints(lanes: Int32Array<ArrayBuffer>, bits: 8 | 16): Arranged {
  let items = lanes;
  for (let mixes = 0; mixes < mostTries; mixes++) {
    const size = items.length / 2;
    const shape = fuseShape(size);
    const cells = bits === 8 ? new Uint8Array(shape.cells) : new Uint16Array(shape.cells);
    if (new Peeling(items, shape, mixes).assign(cells)) return { size, shape, mixes, cells };
    // Repeats are looked for only now, since with one of them no arrangement can be found.
    if (mixes === 0) items = distinct(items);
  }
  throw new FilterBuildError(mostTries);
}

function distinct(lanes: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const pairs = new BigUint64Array(lanes.slice().buffer).sort();
  let kept = 0;
  for (let i = 0; i < pairs.length; i++)
    if (i === 0 || pairs[i] !== pairs[kept - 1]) pairs[kept++] = pairs[i]!;
  return new Int32Array(pairs.slice(0, kept).buffer);
}

class Peeling {
  readonly #lanes: Int32Array;
  readonly #shape: FuseShape;
  readonly #mixes: number;
  // Of each cell: four times the number of items that have it, with the sum of their positions; and their lanes' sums.
  readonly #degree: Int32Array;
  readonly #sums: Int32Array;
  readonly #at: Placed = { low: 0, high: 0, first: 0, second: 0, third: 0, fingerprint: 0 };

  constructor(lanes: Int32Array, shape: FuseShape, mixes: number) {
    this.#lanes = lanes;
    this.#shape = shape;
    this.#mixes = mixes;
    this.#degree = new Int32Array(shape.cells);
    this.#sums = new Int32Array(2 * shape.cells);
  }

  /** @returns whether it could be done */
  assign(cells: Uint8Array | Uint16Array): boolean {
    const items = this.#lanes.length / 2;
    const at = this.#at;
    for (let i = 0; i < items; i++) {
      this.#place(this.#lanes[2 * i]!, this.#lanes[2 * i + 1]!, this.#mixes);
      this.#change(at.first, 0, 4);
      this.#change(at.second, 1, 4);
      this.#change(at.third, 2, 4);
    }
    const alone = new Int32Array(cells.length);
    let waiting = 0;
    for (let cell = 0; cell < cells.length; cell++)
      if (this.#degree[cell]! >> 2 === 1) alone[waiting++] = cell;
    // Peeled items in order: their (mixed) lanes, and which of their cells was theirs alone.
    const peeled = new Int32Array(2 * items);
    const own = new Uint8Array(items);
    let done = 0;
    while (waiting > 0) {
      const cell = alone[--waiting]!;
      if (this.#degree[cell]! >> 2 !== 1) continue;
      const position = this.#degree[cell]! & 3;
      this.#place(this.#sums[2 * cell]!, this.#sums[2 * cell + 1]!, 0);
      peeled[2 * done] = at.low;
      peeled[2 * done + 1] = at.high;
      own[done++] = position;
      if (position !== 0 && this.#change(at.first, 0, -4) === 1) alone[waiting++] = at.first;
      if (position !== 1 && this.#change(at.second, 1, -4) === 1) alone[waiting++] = at.second;
      if (position !== 2 && this.#change(at.third, 2, -4) === 1) alone[waiting++] = at.third;
    }
    if (done < items) return false;
    while (done-- > 0) {
      this.#place(peeled[2 * done]!, peeled[2 * done + 1]!, 0);
      const position = own[done]!;
      const cell = position === 0 ? at.first : position === 1 ? at.second : at.third;
      // Its own cell is still 0.
      cells[cell] = at.fingerprint ^ cells[at.first]! ^ cells[at.second]! ^ cells[at.third]!;
    }
    return true;
  }

  #place(low: number, high: number, mixes: number): void {
    this.#shape.place(mixLanes(this.#at, low, high, mixes));
  }

  /** @returns how many items have the cell now */
  #change(cell: number, position: number, by: number): number {
    const degree = (this.#degree[cell]! + by) ^ position;
    this.#degree[cell] = degree;
    this.#sums[2 * cell]! ^= this.#at.low;
    this.#sums[2 * cell + 1]! ^= this.#at.high;
    return degree >> 2;
  }
}
