/** Rows an index can tell apart in a key: with a score of 32 bits they fill the 53 bits of a number. */
export const maxRows = 2 ** 21;

/** Rows of int8 that a query can be compared with. */
export interface Int8Rows {
  set(row: number, vector: Int8Array): void;
  get(row: number): Int8Array;
  /** Writes the scores of the first `out.length` rows. */
  dot(query: Int8Array, out: Int32Array): void;
  /** Writes the `indices.length` best of the first `count` rows, the best first. */
  topK(query: Int8Array, count: number, indices: Uint32Array, scores: Int32Array): void;
}

/** Puts `key` into the heap from place `at` down, where the least is on top. */
function sink(heap: Float64Array, size: number, at: number, key: number): void {
  let place = at;
  for (let child = 2 * place + 1; child < size; child = 2 * place + 1) {
    if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
    if (key <= heap[child]!) break;
    heap[place] = heap[child]!;
    place = child;
  }
  heap[place] = key;
}

/** The twin of the kernel int8-matrix. */
export class PlainInt8Rows implements Int8Rows {
  readonly #rows: Int8Array;
  readonly #dimensions: number;

  constructor(rows: number, dimensions: number) {
    this.#rows = new Int8Array(rows * dimensions);
    this.#dimensions = dimensions;
  }

  set(row: number, vector: Int8Array): void {
    this.#rows.set(vector, row * this.#dimensions);
  }

  get(row: number): Int8Array {
    return this.#rows.slice(row * this.#dimensions, (row + 1) * this.#dimensions);
  }

  dot(query: Int8Array, out: Int32Array): void {
    for (let row = 0; row < out.length; row++) out[row] = this.#score(query, row);
  }

  topK(query: Int8Array, count: number, indices: Uint32Array, scores: Int32Array): void {
    const k = indices.length;
    // Orders by score, then by the lower index: score · 2²¹ − index, exact in 53 bits.
    const heap = new Float64Array(k).fill(Number.NEGATIVE_INFINITY);
    for (let row = 0; row < count; row++) {
      const key = this.#score(query, row) * maxRows - row;
      if (key > heap[0]!) sink(heap, k, 0, key);
    }
    heap.sort();
    for (let i = 0; i < k; i++) {
      const key = heap[k - 1 - i]!;
      scores[i] = Math.ceil(key / maxRows);
      indices[i] = scores[i]! * maxRows - key;
    }
  }

  #score(query: Int8Array, row: number): number {
    const rows = this.#rows;
    let at = row * this.#dimensions;
    let sum = 0;
    for (let j = 0; j < query.length; j++, at++) sum = (sum + query[j]! * rows[at]!) | 0;
    return sum;
  }
}
