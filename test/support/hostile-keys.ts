/** The n-th Thue–Morse word and its complement collide in every polynomial hash modulo 2³² (or 2⁶⁴), whatever its base. */
function thueMorse(length: number, isComplement: boolean): string {
  let word = "";
  for (let i = 0; i < length; i++) {
    let bits = i;
    let parity = isComplement ? 1 : 0;
    for (; bits !== 0; bits &= bits - 1) parity ^= 1;
    word += parity === 0 ? "a" : "b";
  }
  return word;
}

/** All words of so many blocks, in each place one of two. */
function words(count: number, one: string, other: string): string[] {
  const blocks = Math.ceil(Math.log2(count));
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: blocks }, (_, bit) => (((i >> bit) & 1) === 0 ? one : other)).join(""),
  );
}

/** Strings which a hash takes for the same bucket of 2⁸: found by trying. */
function sameBucket(count: number, hash: (key: string) => number): string[] {
  const keys: string[] = [];
  for (let i = 0; keys.length < count; i++) {
    const key = `k${i.toString(36)}`;
    if ((hash(key) & 255) === 0) keys.push(key);
  }
  return keys;
}

function fnv1a(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash;
}

function fx(key: string): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++)
    hash = Math.imul(((hash << 5) | (hash >>> 27)) ^ key.charCodeAt(i), 0x9e3779b9);
  return hash;
}

function murmur3(key: string): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) {
    let k = Math.imul(key.charCodeAt(i), 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    hash ^= k;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

const numbered = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i));
const multiples = (count: number, factor: number) => Array.from({ length: count }, (_, i) => i * factor);
const text = (i: number) => i.toString(36).padStart(6, "0");

/** Sets of distinct keys by which tables with a known hash can be made slow, made in a number that is a power of two. */
export const hostileKeys: Readonly<Record<string, (count: number) => readonly (string | number)[]>> = {
  "ordinary strings, to compare with": (count) => numbered(count, (i) => `user:${i}`),
  "ordinary integers, to compare with": (count) => multiples(count, 1),
  "FNV-1a, one bucket": (count) => sameBucket(count, fnv1a),
  "Fx, one bucket": (count) => sameBucket(count, fx),
  "Murmur 3, one bucket": (count) => sameBucket(count, murmur3),
  "Java's hash, all the same": (count) => words(count, "Aa", "BB"),
  "any polynomial, Thue–Morse": (count) => words(count, thueMorse(128, false), thueMorse(128, true)),
  "Thue–Morse words, short": (count) => words(count, "ab", "ba"),
  "same last 8 units": (count) => numbered(count, (i) => text(i) + "z".repeat(8)),
  "one string in twenty with the same last 8 units": (count) =>
    numbered(count, (i) => (i % 20 === 0 ? text(i) + "z".repeat(8) : `user:${i}`)),
  "same last 16 units": (count) => numbered(count, (i) => text(i) + "z".repeat(16)),
  "same last 24 units": (count) => numbered(count, (i) => text(i) + "z".repeat(24)),
  "same last 32 units": (count) => numbered(count, (i) => text(i) + "z".repeat(32)),
  "same last 64 units": (count) => numbered(count, (i) => text(i) + "z".repeat(64)),
  "same last 1000 units": (count) => numbered(count, (i) => text(i) + "z".repeat(1000)),
  "same first 1000 units": (count) => numbered(count, (i) => "z".repeat(1000) + text(i)),
  "difference in the middle of 200 units": (count) =>
    numbered(count, (i) => "y".repeat(97) + text(i) + "z".repeat(97)),
  "one unit repeated, of every length": (count) => numbered(count, (i) => "a".repeat(i)),
  "NUL repeated, of every length": (count) => numbered(count, (i) => "\0".repeat(i)),
  "two units of UTF-16 each": (count) =>
    numbered(count, (i) => String.fromCharCode(0xff00 + (i & 63), 0xff00 + (i >> 6))),
  "units far apart by powers of two": (count) => words(count, "\u0100", "\u8100"),
  "multiples of 2¹⁶": (count) => multiples(count, 2 ** 16),
  "multiples of 2²⁰": (count) => multiples(count, 2 ** 20),
  "multiples of 2³²": (count) => multiples(count, 2 ** 32),
  "multiples of 2⁴⁰": (count) => multiples(count, 2 ** 40),
  "multiples of the golden ratio's integer": (count) => multiples(count, 0x9e3779b9),
  "multiples of its inverse modulo 2³²": (count) => multiples(count, 0x144cbc89),
  "high and low half alike": (count) => multiples(count, 2 ** 32 + 1),
  "high and low half opposite": (count) => multiples(count, 2 ** 32 - 1),
  "negative multiples of 2¹²": (count) => multiples(count, -4096),
  squares: (count) => Array.from({ length: count }, (_, i) => i * i),
  "Fibonacci steps": (count) => multiples(count, 1_836_311_903),
};
