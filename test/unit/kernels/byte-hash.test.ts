import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteHash } from "../../../src/kernels/byte-hash.ts";
import { KernelByteHash } from "../../../src/kernels/kernel-byte-hash.ts";
import { PlainByteHash } from "../../../src/kernels/plain-byte-hash.ts";

interface Lanes {
  readonly low: number;
  readonly high: number;
  hash(bytes: Uint8Array): number;
}
const lanes = (hash: Lanes): readonly [number, number] => [hash.low, hash.high];
const ofBytes = (hash: Lanes, bytes: Uint8Array): readonly [number, number] => {
  hash.hash(bytes);
  return lanes(hash);
};
const ofText = (hash: ByteHash, text: string): readonly [number, number] => {
  hash.hashText(text);
  return lanes(hash);
};
/** Any bytes, the same on every run. */
const sample = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);

/** The formula, word for word, over integers without bounds. */
function slowly(seed: number, bytes: Uint8Array): readonly [number, number] {
  const word = (value: number | bigint): bigint => BigInt.asUintN(32, BigInt(value));
  const scrambled = (x: bigint): bigint => {
    let y = word((x ^ (x >> 16n)) * 0x7feb352dn);
    y = word((y ^ (y >> 15n)) * 0x846ca68bn);
    return y ^ (y >> 16n);
  };
  const low = BigInt(seed) & 0xffffffffn;
  const high = BigInt(seed) >> 32n;
  const key = (i: number): bigint => {
    const made = scrambled(word(scrambled(word(low + BigInt(i + 1) * 0x9e3779b9n)) + high));
    return i === 72 || i === 74 ? made | 1n : made;
  };
  const byte = (at: number): bigint => BigInt(bytes[at] ?? 0);
  const at = (i: number): bigint =>
    byte(i) + (byte(i + 1) << 8n) + (byte(i + 2) << 16n) + (byte(i + 3) << 24n);
  const product = (i: number, j: number, k: number, l: number): bigint =>
    word(at(i) + key(k)) * word(at(j) + key(l));
  const factor = key(72) + (key(73) << 32n);
  let state = 0n;
  let sum = 0n;
  let p = 0;
  for (; p + 32 <= bytes.length; p += 32) {
    for (let i = 0; i < 4; i++) {
      const k = (p % 256) / 4 + i;
      sum += product(p + 4 * i, p + 4 * i + 16, k, k + 4);
    }
    if (p % 256 === 224) {
      state = state * factor + sum;
      sum = 0n;
    }
  }
  for (let k = 64; p < bytes.length; p += 8, k += 2) sum += product(p, p + 4, k, k + 1);
  state = BigInt.asUintN(64, state * factor + sum);
  const mixed = (x: bigint, by: bigint): bigint => {
    const y = word((x ^ (x >> 16n)) * by);
    return y ^ (y >> 15n);
  };
  let one = word(state + BigInt(bytes.length + 1) * key(74));
  let other = word(state >> 32n);
  other ^= mixed(one, 0x2c1b3c6dn);
  one ^= mixed(other, 0x297a2d39n);
  other ^= mixed(one, 0x7feb352dn);
  return [Number(BigInt.asIntN(32, one)), Number(BigInt.asIntN(32, other))];
}

describe("ByteHash", () => {
  it("gives these numbers, on which stored filters rely", () => {
    const hash = new ByteHash(42);
    const expected: readonly (readonly [number, number, number])[] = [
      [0, -2041817175, 1061199075],
      [1, 590911157, 418951252],
      [8, 571472546, -1997609295],
      [31, -1767600636, 2123281666],
      [32, -1378580676, -322843773],
      [255, 66978753, 497140656],
      [256, -773488292, -765247941],
      [100_000, 417366170, -110722437],
    ];
    for (const [length, low, high] of expected) expect(ofBytes(hash, sample(length))).toEqual([low, high]);
  });

  it("follows the formula, computed slowly", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ maxLength: 1100, size: "max" }), (seed, bytes) => {
        expect(ofBytes(new PlainByteHash(seed), bytes)).toEqual(slowly(seed, bytes));
        expect(ofBytes(new ByteHash(seed), bytes)).toEqual(slowly(seed, bytes));
      }),
      { numRuns: 60 },
    );
  });

  it("hashes every length up to 1,100 as its twin does, with the largest and smallest words", () => {
    const twin = new PlainByteHash(7);
    const kernel = KernelByteHash.create(twin.keys);
    if (kernel === undefined) throw new Error("expected WebAssembly SIMD on the machine that runs the tests");
    for (let length = 0; length <= 1100; length++)
      for (const bytes of [sample(length), new Uint8Array(length).fill(255), new Uint8Array(length)])
        expect(ofBytes(kernel, bytes)).toEqual(ofBytes(twin, bytes));
  });

  it("hashes input longer than its memory by parts", () => {
    const hash = new ByteHash(7);
    const twin = new PlainByteHash(7);
    for (const length of [65_535, 65_536, 65_537, 65_792, 131_072, 200_001])
      expect(ofBytes(hash, sample(length))).toEqual(ofBytes(twin, sample(length)));
  });

  it("reads only the bytes of its view, at any offset", () => {
    const all = sample(600);
    const hash = new ByteHash(7);
    for (let from = 0; from < 5; from++)
      for (const length of [3, 33, 300])
        expect(ofBytes(hash, all.subarray(from, from + length))).toEqual(
          ofBytes(hash, all.slice(from, from + length)),
        );
  });

  it("keeps hashes with different seeds apart when they are used in turn", () => {
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const hashes = seeds.map((seed) => new ByteHash(seed));
    for (const length of [5, 500]) {
      const bytes = sample(length);
      const seen = hashes.map((hash) => ofBytes(hash, bytes));
      expect(seen).toEqual(seeds.map((seed) => ofBytes(new PlainByteHash(seed), bytes)));
      expect(new Set(seen.flat()).size).toBe(2 * seeds.length);
      expect(hashes.map((hash) => ofBytes(hash, bytes))).toEqual(seen);
    }
  });

  it("hashes as before after input that failed on the way, with its own seed and with another", () => {
    class Failing extends Uint8Array {
      override subarray(begin?: number, end?: number): Uint8Array<ArrayBuffer> {
        if (begin !== 0) throw new Error("gone");
        return new Uint8Array(this.buffer, begin, end);
      }
    }
    for (const next of [new ByteHash(1), new ByteHash(2)])
      for (const length of [100, 200_000]) {
        const hash = new ByteHash(1);
        const bytes = new Uint8Array(length).fill(7);
        const expected = next.hash(bytes);
        expect(() => hash.hash(new Failing(new ArrayBuffer(200_000)))).toThrow("gone");
        expect(next.hash(bytes)).toBe(expected);
        expect(hash.hash(bytes)).toBe(new ByteHash(1).hash(bytes));
      }
  });

  it("hashes a text as its UTF-8 bytes", () => {
    const hash = new ByteHash(7);
    const anyText = fc
      .array(fc.oneof(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 0, max: 0xffff })), {
        maxLength: 150,
        size: "max",
      })
      .map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(anyText, (text) => {
        expect(ofText(hash, text)).toEqual(ofBytes(hash, new TextEncoder().encode(text)));
      }),
      { numRuns: 60 },
    );
  });

  it("hashes a text longer than its memory by parts, without tearing pairs of surrogates", () => {
    const hash = new ByteHash(7);
    for (const length of [65_533, 65_534, 65_535, 65_536, 65_537, 131_071]) {
      const text = `${"x".repeat(length)}😀\ud800${"x".repeat(length)}😀`;
      expect(ofText(hash, text)).toEqual(ofBytes(hash, new TextEncoder().encode(text)));
    }
    for (const unit of ["x", "é", "漢", "😀", "\ud800", "\udc00", "😀a", "a\ud800"])
      for (const start of ["", "a", "ab"]) {
        const text = start + unit.repeat(150_000 / unit.length);
        expect(ofText(hash, text)).toEqual(ofBytes(hash, new TextEncoder().encode(text)));
      }
  });

  it("returns the low lane", () => {
    const hash = new ByteHash(7);
    for (const length of [5, 500]) expect(hash.hash(sample(length))).toBe(hash.low);
    expect(hash.hashText("a".repeat(500))).toBe(hash.low);
  });

  it("changes each of its 64 bits about every other time when one bit of the input changes", () => {
    for (const length of [4, 8, 36, 300]) {
      const bytes = sample(length);
      const changed = new Float64Array(64);
      const seeds = 20;
      for (let seed = 0; seed < seeds; seed++) {
        const hash = new ByteHash(seed);
        const [low, high] = ofBytes(hash, bytes);
        for (let bit = 0; bit < 8 * length; bit++) {
          bytes[bit >> 3]! ^= 1 << (bit & 7);
          hash.hash(bytes);
          for (let i = 0; i < 32; i++) {
            changed[i]! += ((hash.low ^ low) >>> i) & 1;
            changed[32 + i]! += ((hash.high ^ high) >>> i) & 1;
          }
          bytes[bit >> 3]! ^= 1 << (bit & 7);
        }
      }
      const flips = 8 * length * seeds;
      // Five standard deviations of a fair coin.
      for (const times of changed) expect(Math.abs(times - flips / 2)).toBeLessThan(2.5 * Math.sqrt(flips));
    }
  });

  it("spreads numbers in sequence evenly over buckets, by the low and the high bits of both lanes", () => {
    const hash = new ByteHash(3);
    for (const length of [4, 8, 16, 40]) {
      const bytes = new Uint8Array(length);
      const view = new DataView(bytes.buffer);
      const counts = Array.from({ length: 4 }, () => new Float64Array(256));
      const seen = new Set<number>();
      for (let i = 0; i < 65_536; i++) {
        view.setUint32(length - 4, i, true);
        const [low, high] = ofBytes(hash, bytes);
        for (const [part, bucket] of [low & 255, low >>> 24, high & 255, high >>> 24].entries())
          counts[part]![bucket]!++;
        seen.add((low >>> 0) + (high & 0x1fffff) * 2 ** 32);
      }
      expect(seen.size).toBe(65_536);
      // χ² with 255 degrees of freedom: mean 255, standard deviation 22.6.
      for (const part of counts)
        expect(part.reduce((sum, count) => sum + (count - 256) ** 2 / 256, 0)).toBeLessThan(255 + 5 * 22.6);
    }
  });

  it("refuses what is neither bytes nor text", () => {
    const hash = new ByteHash(7);
    for (const other of ["text", new Uint16Array(4), new ArrayBuffer(4), [1], undefined])
      expect(() => hash.hash(other as unknown as Uint8Array)).toThrow("bytes: expected a Uint8Array");
    for (const other of [new Uint8Array(4), 5, undefined])
      expect(() => hash.hashText(other as unknown as string)).toThrow("text: expected a string");
  });

  it("refuses a seed that is no safe integer ≥ 0", () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => new ByteHash(seed)).toThrow(RangeError);
  });
});
