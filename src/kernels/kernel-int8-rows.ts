import { int8MatrixBinary } from "./binaries.ts";
import { instantiate } from "./instantiate.ts";
import type { Int8Rows } from "./plain-int8-rows.ts";

interface Kernel {
  dot(query: number, wide: number, rows: number, stride: number, count: number, scores: number): void;
  select(scores: number, count: number, k: number, heap: number, indices: number, best: number): void;
}

/** Most bytes of one matrix's memory, of the 4 GiB that WebAssembly can address. */
const maxBytes = 2 ** 32 - 65_536;
const upTo = (size: number, step: number): number => Math.ceil(size / step) * step;

/** Rows in the memory of a WebAssembly instance of their own, each filled up with zeros to a multiple of 16 bytes. */
export class KernelInt8Rows implements Int8Rows {
  readonly #kernel: Kernel;
  readonly #stride: number;
  readonly #dimensions: number;
  readonly #query: Int8Array;
  readonly #rows: Int8Array;
  readonly #scores: Int32Array;
  readonly #indices: Uint32Array;
  readonly #best: Int32Array;
  readonly #heapAt: number;

  /** @returns `undefined` where the kernel can't run or the rows don't fit */
  static create(rows: number, dimensions: number): KernelInt8Rows | undefined {
    const stride = upTo(dimensions, 16);
    const count = upTo(rows, 4);
    // The query as int8 and int16, the rows, a score each, and of the k ≤ rows best: a key, an index and a score.
    const bytes = 3 * stride + count * (stride + 4 + 16);
    const made = bytes > maxBytes ? undefined : instantiate<Kernel>(int8MatrixBinary, bytes);
    return made === undefined
      ? undefined
      : new KernelInt8Rows(made.memory, made.exports, stride, count, dimensions);
  }

  private constructor(
    memory: ArrayBuffer,
    kernel: Kernel,
    stride: number,
    count: number,
    dimensions: number,
  ) {
    this.#kernel = kernel;
    this.#stride = stride;
    this.#dimensions = dimensions;
    this.#query = new Int8Array(memory, 0, stride);
    this.#rows = new Int8Array(memory, 3 * stride, count * stride);
    const scoresAt = 3 * stride + count * stride;
    this.#heapAt = scoresAt + 4 * count;
    this.#scores = new Int32Array(memory, scoresAt, count);
    this.#indices = new Uint32Array(memory, this.#heapAt + 8 * count, count);
    this.#best = new Int32Array(memory, this.#heapAt + 12 * count, count);
  }

  set(row: number, vector: Int8Array): void {
    this.#rows.set(vector, row * this.#stride);
  }

  get(row: number): Int8Array {
    return this.#rows.slice(row * this.#stride, row * this.#stride + this.#dimensions);
  }

  dot(query: Int8Array, out: Int32Array): void {
    this.#score(query, out.length);
    out.set(this.#scores.subarray(0, out.length));
  }

  topK(query: Int8Array, count: number, indices: Uint32Array, scores: Int32Array): void {
    const k = indices.length;
    this.#score(query, count);
    this.#kernel.select(
      this.#scores.byteOffset,
      count,
      k,
      this.#heapAt,
      this.#indices.byteOffset,
      this.#best.byteOffset,
    );
    indices.set(this.#indices.subarray(0, k));
    scores.set(this.#best.subarray(0, k));
  }

  #score(query: Int8Array, count: number): void {
    const stride = this.#stride;
    this.#query.set(query);
    this.#kernel.dot(0, stride, 3 * stride, stride, upTo(count, 4), this.#scores.byteOffset);
  }
}
