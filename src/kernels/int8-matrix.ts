import { integer, reject } from "../options.ts";
import { KernelInt8Rows } from "./kernel-int8-rows.ts";
import { type Int8Rows, maxRows, PlainInt8Rows } from "./plain-int8-rows.ts";

/** A sum of 2¹⁷ products of int8 may not fit in 32 bits. */
const maxDimensions = 2 ** 17 - 1;
/** Numbers that a matrix must have for the kernel to be faster (bench/kernels/int8-matrix.ts). */
const kernelFromNumbers = 256;

/** What `topK` found, the best first. */
export interface TopRows {
  /** Of the rows, from 0. */
  readonly indices: Uint32Array;
  /** Their dot products with the query. */
  readonly scores: Int32Array;
}

/**
 * A matrix of int8 whose rows are compared with a query: exact dot products in int32, by WebAssembly SIMD where there is
 * any and the matrix isn't tiny, by a TypeScript twin with the same answers else.
 * Takes rows × (dimensions, filled up to a multiple of 16, + 20) bytes from the beginning, and never grows; they are in
 * a WebAssembly memory of its own, for which Node sets aside some GiB of addresses (not of memory): keep few matrices
 * with many rows rather than many with few. It belongs to one thread.
 */
export class Int8Matrix {
  readonly rows: number;
  readonly dimensions: number;
  readonly #rows: Int8Rows;

  /**
   * All numbers are 0 at first.
   * @param rows       1 … 2²¹
   * @param dimensions of each row, 1 … 131,071
   * @throws {RangeError} on others, or when the memory can't be had
   */
  constructor(rows: number, dimensions: number) {
    this.rows = integer("rows", rows, 1, maxRows);
    this.dimensions = integer("dimensions", dimensions, 1, maxDimensions);
    this.#rows =
      (rows * dimensions < kernelFromNumbers ? undefined : KernelInt8Rows.create(rows, dimensions)) ??
      new PlainInt8Rows(rows, dimensions);
  }

  /**
   * @param row    from 0
   * @param vector copied; of `dimensions` numbers
   * @throws {RangeError} on another row or length
   */
  set(row: number, vector: Int8Array): void {
    integer("row", row, 0, this.rows - 1);
    this.#rows.set(row, this.#checked("vector", vector));
  }

  /**
   * @returns a copy of the row
   * @throws {RangeError} when there is no such row
   */
  get(row: number): Int8Array {
    return this.#rows.get(integer("row", row, 0, this.rows - 1));
  }

  /**
   * Writes Σ query[j] · row[r][j] to out[r], for the first `out.length` rows.
   * @param query of `dimensions` numbers
   * @param out   at most as long as there are rows
   * @returns `out`
   * @throws {RangeError} on other lengths
   */
  dot(query: Int8Array, out: Int32Array): Int32Array {
    this.#checked("query", query);
    if (!(out instanceof Int32Array)) throw new TypeError("out: expected an Int32Array");
    integer("out.length", out.length, 0, this.rows);
    this.#rows.dot(query, out);
    return out;
  }

  /**
   * The rows with the largest dot products; among equals, the one with the lower index is the better one.
   * @param query of `dimensions` numbers
   * @param k     ≥ 1; all rows are returned when there are fewer
   * @param among only the first rows, so many, are looked at. @default all
   * @throws {RangeError} on other sizes
   */
  topK(query: Int8Array, k: number, among: number = this.rows): TopRows {
    this.#checked("query", query);
    const found = Math.min(integer("k", k, 1), integer("among", among, 0, this.rows));
    const indices = new Uint32Array(found);
    const scores = new Int32Array(found);
    if (found > 0) this.#rows.topK(query, among, indices, scores);
    return { indices, scores };
  }

  #checked(name: string, vector: Int8Array): Int8Array {
    if (!(vector instanceof Int8Array)) throw new TypeError(`${name}: expected an Int8Array`);
    if (vector.length !== this.dimensions)
      reject(`${name}.length`, `${this.dimensions}, the dimensions`, vector.length);
    return vector;
  }
}
