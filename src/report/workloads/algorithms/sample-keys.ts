/** Characters of a key: `user:00000042`. */
const keyLength = 13;

/**
 * Strings as a parser cuts them from its input: flat, of one byte a character, and never hashed before.
 * @param ids each from 0 to 99,999,999
 */
export function freshKeys(ids: ArrayLike<number>): string[] {
  const text = Buffer.allocUnsafe(ids.length * keyLength);
  for (let i = 0; i < ids.length; i++)
    text.write(`user:${String(ids[i]).padStart(8, "0")}`, i * keyLength, "latin1");
  return Array.from(ids, (_, i) => text.toString("latin1", i * keyLength, (i + 1) * keyLength));
}

/** Keys of the ids from 0 to `count` − 1. */
export const keysUpTo = (count: number): string[] => freshKeys(Array.from({ length: count }, (_, i) => i));
