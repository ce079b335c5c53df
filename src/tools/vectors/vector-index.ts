import { Int8Matrix } from "../../kernels/int8-matrix.ts";
import { lengthOf, quantized } from "./quantized.ts";

const firstRows = 64;

/**
 * Vectors of tools by name, as int8: cosines with a query by one pass of the kernel. Grows by doubling. Rows of tools
 * that left are used again.
 */
export class VectorIndex {
  readonly dimensions: number;
  #matrix: Int8Matrix;
  #lengths: Float64Array;
  #dots: Int32Array;
  readonly #rows = new Map<string, number>();
  readonly #free: number[] = [];
  /** Rows that were ever used. */
  #used = 0;

  /** @param dimensions of each vector, ≥ 1 */
  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#matrix = new Int8Matrix(firstRows, dimensions);
    this.#lengths = new Float64Array(firstRows);
    this.#dots = new Int32Array(firstRows);
  }

  get size(): number {
    return this.#rows.size;
  }

  get sizeBytes(): number {
    return this.#matrix.rows * (this.dimensions + 12);
  }

  has(name: string): boolean {
    return this.#rows.has(name);
  }

  set(name: string, vector: Float32Array): void {
    this.setQuantized(name, quantized(vector));
  }

  setQuantized(name: string, vector: Int8Array): void {
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = this.#free.pop() ?? this.#used++;
      if (row >= this.#matrix.rows) this.#grow();
      this.#rows.set(name, row);
    }
    this.#matrix.set(row, vector);
    this.#lengths[row] = lengthOf(vector);
  }

  get(name: string): Int8Array | undefined {
    const row = this.#rows.get(name);
    return row === undefined ? undefined : this.#matrix.get(row);
  }

  delete(name: string): boolean {
    const row = this.#rows.get(name);
    if (row === undefined) return false;
    this.#rows.delete(name);
    this.#free.push(row);
    return true;
  }

  /** Names and vectors, to save. */
  *entries(): Iterable<readonly [string, Int8Array]> {
    for (const [name, row] of this.#rows) yield [name, this.#matrix.get(row)];
  }

  /**
   * Cosine of the query with every tool's vector, −1 to 1; 0 where either is all zeros.
   * @param query of `dimensions` numbers
   * @param take  told each tool's
   */
  cosines(query: Int8Array, take: (name: string, cosine: number) => void): void {
    if (this.#used === 0) return;
    const length = lengthOf(query);
    const dots = this.#matrix.dot(query, this.#dots.subarray(0, this.#used));
    for (const [name, row] of this.#rows) {
      const both = length * this.#lengths[row]!;
      take(name, both === 0 ? 0 : dots[row]! / both);
    }
  }

  #grow(): void {
    const old = this.#matrix;
    const rows = old.rows * 2;
    this.#matrix = new Int8Matrix(rows, this.dimensions);
    for (let row = 0; row < old.rows; row++) this.#matrix.set(row, old.get(row));
    const lengths = new Float64Array(rows);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    this.#dots = new Int32Array(rows);
  }
}
