import { hash as digest } from "node:crypto";
import { crc32 } from "node:zlib";
import { ByteHash } from "../../../src/kernels/index.ts";
import { KernelByteHash } from "../../../src/kernels/kernel-byte-hash.ts";
import { PlainByteHash } from "../../../src/kernels/plain-byte-hash.ts";
import { type Arm, seededRandom } from "../../../src/measure/index.ts";

/** Inputs that take turns. */
const inputs = 16;

function texts(args: unknown): readonly string[] {
  const { length } = args as { readonly length: number };
  const random = seededRandom(1);
  const letter = (): number => 33 + Math.floor(random() * 90);
  return Array.from({ length: inputs }, () =>
    // As read from a socket, so that it is one flat string.
    Buffer.from(Uint8Array.from({ length }, letter)).toString("latin1"),
  );
}

function arrays(args: unknown): readonly Uint8Array[] {
  return texts(args).map((text) => new TextEncoder().encode(text));
}

/** Each arm hashes one input an operation; the answer is what the first one gives. */
function hashing<T>(items: readonly T[], hash: (item: T) => number): Arm {
  let sum = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) sum = (sum + hash(items[i % inputs]!)) | 0;
    },
    answer: () => hash(items[0]!),
    counters: () => ({ sum }),
  };
}

const seed = 42;

function kernelHash(): KernelByteHash {
  const hash = KernelByteHash.create(new PlainByteHash(seed).keys);
  if (hash === undefined) throw new Error("no WebAssembly with SIMD here");
  return hash;
}

export function chosen(args: unknown): Arm {
  const hash = new ByteHash(seed);
  return hashing(arrays(args), (bytes) => hash.hash(bytes));
}

export function kernel(args: unknown): Arm {
  const hash = kernelHash();
  return hashing(arrays(args), (bytes) => hash.hash(bytes));
}

export function twin(args: unknown): Arm {
  const hash = new PlainByteHash(seed);
  return hashing(arrays(args), (bytes) => hash.hash(bytes));
}

export function zlibCrc32(args: unknown): Arm {
  return hashing(arrays(args), (bytes) => crc32(bytes));
}

export function cryptoSha1(args: unknown): Arm {
  return hashing(arrays(args), (bytes) => digest("sha1", bytes, "buffer")[0]!);
}

export function textChosen(args: unknown): Arm {
  const hash = new ByteHash(seed);
  return hashing(texts(args), (text) => hash.hashText(text));
}

export function textKernel(args: unknown): Arm {
  const hash = kernelHash();
  return hashing(texts(args), (text) => hash.hashText(text));
}

export function textTwin(args: unknown): Arm {
  const hash = new PlainByteHash(seed);
  const encoder = new TextEncoder();
  const encoded = new Uint8Array(200_000);
  return hashing(texts(args), (text) => hash.hash(encoded, encoder.encodeInto(text, encoded).written));
}

/** No encoding at all: the string's UTF-16 units, two multiplied at a time with keys, in JavaScript. */
export function textUnits(args: unknown): Arm {
  const { keys } = new PlainByteHash(seed);
  return hashing(texts(args), (text) => {
    const last = text.length - 1;
    let sum = Math.imul(text.length, keys[64]!);
    let i = 0;
    for (; i < last; i += 2) {
      const k = i & 63;
      sum =
        (Math.imul(sum, 0x2c1b3c6d) +
          Math.imul(text.charCodeAt(i) + keys[k]!, text.charCodeAt(i + 1) + keys[k + 1]!)) |
        0;
    }
    if (i === last) sum = (sum + Math.imul(text.charCodeAt(i) + keys[65]!, keys[66]!)) | 0;
    return Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  });
}
