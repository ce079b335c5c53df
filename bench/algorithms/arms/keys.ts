import type { Random } from "../../../src/measure/index.ts";

export type KeyKind = "strings" | "integers";
export type Key = string | number;

/** All caches hold this one: what a program does with its values is not measured. */
export const value: object = Object.freeze({ id: 1 });

/** Odd, and no multiple of 5, so that multiplying by it reorders numbers modulo a power of 2 or of 10. */
const scatter = 2_654_435_761;

/** As ids are: positive, up to 10 digits, each once, in no order. @param index from 0 to 2³⁰ − 1 */
function idOf(index: number): number {
  const mixed = Math.imul(index + 1, scatter) & 0x3fff_ffff;
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b_3c6d) & 0x3fff_ffff;
}

/** "user:7", … "user:1073741823": 6 to 15 characters, most of them 14. */
export function textOf(index: number): string {
  return `user:${idOf(index)}`;
}

/** @returns `count` keys; strings are flat, as parsed ones are, and have never been hashed */
export function makeKeys(kind: KeyKind, count: number): Key[] {
  if (kind === "integers") return Array.from({ length: count }, (_, i) => idOf(i));
  const { bytes, ends } = writeTexts(Uint32Array.from({ length: count }, (_, i) => i));
  return Array.from(ends, (end, i) => bytes.toString("latin1", ends[i - 1] ?? 0, end));
}

/** One text after the other in a buffer, as they arrive from a network. @returns where each ends */
export function writeTexts(indexes: Uint32Array): { readonly bytes: Buffer; readonly ends: Uint32Array } {
  const bytes = Buffer.alloc(indexes.length * 15);
  let end = 0;
  const ends = indexes.map((index) => {
    end += bytes.write(textOf(index), end, "latin1");
    return end;
  });
  return { bytes: bytes.subarray(0, end), ends };
}

/**
 * Draws key indexes by Zipf's law: rank r, from 1, has a weight of 1 / r ** exponent. Popular keys are scattered among
 * the others, and so over memory. By rejection and inversion: exact, and without a table.
 * @param size how many keys, a power of 10, ≥ 10
 * @param exponent > 0, not 1
 * @see Hörmann & Derflinger, Rejection-inversion to generate variates from monotone discrete distributions (1996)
 */
export function zipfIndexes(count: number, size: number, exponent: number, random: Random): Uint32Array {
  const integral = (x: number): number => (x ** (1 - exponent) - 1) / (1 - exponent);
  const inverse = (y: number): number => (1 + y * (1 - exponent)) ** (1 / (1 - exponent));
  const least = integral(1.5) - 1;
  const most = integral(size + 0.5);
  const sure = 2 - inverse(integral(2.5) - 2 ** -exponent);
  const rank = (): number => {
    for (;;) {
      const y = most + random() * (least - most);
      const x = inverse(y);
      const k = Math.min(size, Math.max(1, Math.round(x)));
      if (k - x <= sure || y >= integral(k + 0.5) - k ** -exponent) return k;
    }
  };
  return Uint32Array.from({ length: count }, () => (rank() * scatter) % size);
}
