/** The bits of a cell that hold the frequency; the other twelve tell the keys of a bucket apart. */
const frequencyMask = 15;
const tagMask = 0xfff0;
/** Cells a bucket. */
const bucketCells = 4;

/**
 * How often keys that are no longer held were asked for, two bytes a key. When a bucket is full, a key of the
 * least frequency makes room. One key in 1,000 that was never seen is taken for another.
 */
export class GhostFrequencies {
  readonly #cells: Uint16Array;
  readonly #buckets: number;
  #turn = 0;

  /** @param ghosts keys to remember, 1 to 2²⁴ */
  constructor(ghosts: number) {
    this.#buckets = Math.ceil(ghosts / bucketCells);
    this.#cells = new Uint16Array(this.#buckets * bucketCells);
  }

  /** @param hash 32 bits, well mixed @param frequency 0 to 15 */
  record(hash: number, frequency: number): void {
    const cells = this.#cells;
    const first = this.#bucketOf(hash);
    const tag = hash & tagMask;
    // Starting elsewhere each time makes equals leave in turn.
    this.#turn = (this.#turn + 1) & (bucketCells - 1);
    let least = first;
    let leastFrequency = frequencyMask + 1;
    for (let i = 0; i < bucketCells; i++) {
      const at = first + (i ^ this.#turn);
      const cell = cells[at]!;
      if ((cell & tagMask) === tag) {
        least = at;
        break;
      }
      if ((cell & frequencyMask) < leastFrequency) {
        least = at;
        leastFrequency = cell & frequencyMask;
      }
    }
    cells[least] = tag | frequency;
  }

  /** @returns the frequency recorded last, halved at each `age`; 0 when it is forgotten */
  frequency(hash: number): number {
    const cells = this.#cells;
    const first = this.#bucketOf(hash);
    const tag = hash & tagMask;
    for (let at = first; at < first + bucketCells; at++) {
      const cell = cells[at]!;
      if ((cell & tagMask) === tag) return cell & frequencyMask;
    }
    return 0;
  }

  /** Halves all frequencies. */
  age(): void {
    const cells = this.#cells;
    for (let at = 0; at < cells.length; at++) {
      const cell = cells[at]!;
      cells[at] = (cell & tagMask) | ((cell & frequencyMask) >> 1);
    }
  }

  /** By the half of the hash that the tag isn't taken from, and some more bits for many buckets. */
  #bucketOf(hash: number): number {
    return Math.floor((hash >>> 12) * 2 ** -20 * this.#buckets) * bucketCells;
  }
}
