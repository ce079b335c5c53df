import { byteHashBinary } from "./binaries.ts";
import { instantiate } from "./instantiate.ts";
import { blockBytes } from "./plain-byte-hash.ts";

/** Addresses in the kernel's memory, as in assembly/byte-hash.ts. */
const lanesAt = 304;
const scratchAt = 1024;
/** Longer input is taken in by parts. */
const scratchBytes = 65_536;

interface Kernel {
  /** @param length a multiple of 256 */
  readonly update: (length: number) => void;
  readonly finish: (length: number, total: number) => void;
  readonly keys: Int32Array;
  readonly lanes: Int32Array;
  readonly scratch: Uint8Array;
  /** Whose keys are in the memory; `undefined` while input is taken in by parts, and after that failed. */
  user: Int32Array | undefined;
}

/** The thread's own, made at first use; `null` where there can be none. */
let shared: Kernel | null | undefined;

function makeKernel(): Kernel | null {
  // 8 bytes more, since the last ones are read as a word.
  const made = instantiate<Pick<Kernel, "update" | "finish">>(byteHashBinary, scratchAt + scratchBytes + 8);
  if (made === undefined) return null;
  return {
    update: made.exports.update,
    finish: made.exports.finish,
    keys: new Int32Array(made.memory, 0, lanesAt / 4),
    lanes: new Int32Array(made.memory, lanesAt, 2),
    scratch: new Uint8Array(made.memory, scratchAt, scratchBytes),
    user: undefined,
  };
}

const encoder = new TextEncoder();

/** The hash of `PlainByteHash`, by WebAssembly. All of a thread share one instance and its 128 KiB. */
export class KernelByteHash {
  /** As in `PlainByteHash`. */
  low = 0;
  high = 0;
  readonly #keys: Int32Array;
  readonly #kernel: Kernel;

  /** @returns `undefined` where the kernel can't run */
  static create(keys: Int32Array): KernelByteHash | undefined {
    if (shared === undefined) shared = makeKernel();
    return shared === null ? undefined : new KernelByteHash(keys, shared);
  }

  private constructor(keys: Int32Array, kernel: Kernel) {
    this.#keys = keys;
    this.#kernel = kernel;
  }

  hash(bytes: Uint8Array): number {
    this.#useKeys();
    const { scratch, update } = this.#kernel;
    const { length } = bytes;
    let at = 0;
    for (; length - at > scratchBytes; at += scratchBytes) {
      scratch.set(bytes.subarray(at, at + scratchBytes));
      this.#kernel.user = undefined;
      update(scratchBytes);
    }
    scratch.set(at === 0 ? bytes : bytes.subarray(at));
    return this.#finish(length - at, length);
  }

  hashText(text: string): number {
    this.#useKeys();
    const { scratch, update } = this.#kernel;
    let read = 0;
    let total = 0;
    let rest = 0;
    for (;;) {
      // A unit takes a byte at least, so that a pair of surrogates torn apart by the end of the part doesn't fit in.
      const part = text.slice(read, read + scratchBytes);
      const next = encoder.encodeInto(part, rest === 0 ? scratch : scratch.subarray(rest));
      read += next.read;
      total += next.written;
      rest += next.written;
      if (read === text.length) return this.#finish(rest, total);
      const taken = rest - (rest % blockBytes);
      this.#kernel.user = undefined;
      update(taken);
      scratch.copyWithin(0, taken, rest);
      rest -= taken;
    }
  }

  #useKeys(): void {
    const kernel = this.#kernel;
    if (kernel.user === this.#keys) return;
    // What is left of input that failed on the way (for want of stack, say) would be in all hashes to come.
    if (kernel.user === undefined) kernel.finish(0, 0);
    kernel.keys.set(this.#keys);
    kernel.user = this.#keys;
  }

  #finish(length: number, total: number): number {
    const { finish, lanes } = this.#kernel;
    finish(length, total);
    this.#kernel.user = this.#keys;
    this.low = lanes[0]!;
    this.high = lanes[1]!;
    return this.low;
  }
}
