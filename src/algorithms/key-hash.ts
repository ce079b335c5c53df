/** Most UTF-16 units of a string that are hashed. */
export const maxUnits = 32;

// Secret, so that nobody outside can aim at collisions.
const secrets = crypto.getRandomValues(new Int32Array(maxUnits + 4));
const lengthKey = secrets[maxUnits + 1]! | 1;
const lowKey = secrets[maxUnits + 2]! | 1;
const highKey = secrets[maxUnits + 3]! | 1;

/** Carries what differs in the low bits to the high bits, of which a table takes its bucket. */
const spread = (hash: number): number => Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);

/**
 * Hash of a string's last units: NH, the sum of products of pairs of secretly keyed UTF-16 units. It is universal (two
 * strings given that differ in these units collide with a probability of about 2⁻¹⁷, whoever chose them), and has no
 * chain of multiplications to wait for.
 * @param units how many, ≤ `maxUnits`, even
 * @returns 32 bits, signed
 * @see https://doi.org/10.1007/3-540-48405-1_14 (UMAC)
 */
export function hashString(key: string, units: number): number {
  const { length } = key;
  let sum = Math.imul(length, lengthKey);
  let i = length > units ? length - units : 0;
  let k = 0;
  for (const last = length - 1; i < last; i += 2, k += 2)
    sum = (sum + Math.imul(key.charCodeAt(i) + secrets[k]!, key.charCodeAt(i + 1) + secrets[k + 1]!)) | 0;
  if (i < length) sum = (sum + Math.imul(key.charCodeAt(i) + secrets[k]!, secrets[k + 1]!)) | 0;
  return spread(sum);
}

/** A second round, since multiples of a power of two come out of one in a lattice. */
const spreadTwice = (hash: number): number => {
  const once = spread(hash);
  return Math.imul(once ^ (once >>> 13), 0x297a2d39);
};

/**
 * Hash of a safe integer.
 * @returns 32 bits, signed
 */
export function hashInteger(key: number): number {
  const low = key | 0;
  if (low === key) return spreadTwice(Math.imul(low, lowKey));
  const high = (key - (low >>> 0)) / 2 ** 32;
  return spreadTwice((Math.imul(low, lowKey) + Math.imul(high, highKey)) | 0);
}
