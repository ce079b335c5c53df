import { KernelByteHash } from "./kernel-byte-hash.ts";
import { PlainByteHash } from "./plain-byte-hash.ts";

/** From so many bytes on the kernel is faster, copying included (bench/kernels/byte-hash.ts). */
const kernelFromBytes = 32;
/** The same for UTF-16 units of a text; both have to encode it. */
const kernelFromUnits = 32;

const encoder = new TextEncoder();
/** A text short enough for the twin, in UTF-8. */
const shortText = new Uint8Array(3 * kernelFromUnits);

/**
 * Seeded hash of bytes, 64 bits in two lanes of 32, the same on every machine and in every release: by WebAssembly SIMD
 * where there is any and the input is long, by its TypeScript twin else. The formula stands at `PlainByteHash`. Two
 * inputs of one length, chosen by somebody who doesn't know the seed, collide in both lanes with a probability of about
 * 2⁻³² at most, and of about 2⁻⁶⁴ when nobody chose them. It isn't cryptographic: who sees hashes may learn the seed.
 * An instance takes about 0.5 kB and belongs to one thread.
 */
export class ByteHash {
  /** 32 bits, signed, of the last call. */
  low = 0;
  /** 32 bits, signed, of the last call: the other half. */
  high = 0;
  readonly #plain: PlainByteHash;
  readonly #kernel: KernelByteHash | undefined;

  /**
   * @param seed a safe integer ≥ 0; keep it secret where others choose the bytes
   * @throws {RangeError} on another seed
   */
  constructor(seed: number) {
    this.#plain = new PlainByteHash(seed);
    this.#kernel = KernelByteHash.create(this.#plain.keys);
  }

  /**
   * @param bytes any number of them, at any offset; never kept
   * @returns `low`; `high` holds the other lane until the next call
   * @throws {TypeError} on anything else
   */
  hash(bytes: Uint8Array): number {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("bytes: expected a Uint8Array");
    const kernel = this.#kernel;
    if (bytes.length < kernelFromBytes || kernel === undefined)
      return this.#take(this.#plain, this.#plain.hash(bytes));
    return this.#take(kernel, kernel.hash(bytes));
  }

  /**
   * The hash of a text's UTF-8 bytes, without an array of them: what `hash(new TextEncoder().encode(text))` gives, so
   * that lone surrogates count as U+FFFD. A text of fewer than about 64 characters is hashed faster by its units, without encoding.
   * @returns `low`; `high` holds the other lane until the next call
   * @throws {TypeError} on anything but a string
   */
  hashText(text: string): number {
    if (typeof text !== "string") throw new TypeError("text: expected a string");
    const kernel = this.#kernel;
    if (text.length < kernelFromUnits) {
      const { written } = encoder.encodeInto(text, shortText);
      return this.#take(this.#plain, this.#plain.hash(shortText, written));
    }
    if (kernel === undefined) return this.#take(this.#plain, this.#plain.hash(encoder.encode(text)));
    return this.#take(kernel, kernel.hashText(text));
  }

  #take(hash: PlainByteHash | KernelByteHash, low: number): number {
    this.high = hash.high;
    this.low = low;
    return low;
  }
}
