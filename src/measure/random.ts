/** A source of uniform numbers in [0, 1); the same seed gives the same sequence on every machine. */
export type Random = () => number;

/**
 * sfc32 (Chris Doty-Humphrey's "small fast counter"), its state filled from the seed by splitmix32.
 * Not for secrets.
 * @param seed an integer; only its low 32 bits count
 * @throws {RangeError} when `seed` is no integer
 * @see https://pracrand.sourceforge.net/RNG_engines.txt
 */
export function seededRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed: expected an integer, got ${seed}`);
  let state = seed | 0;
  const split = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let a = split();
  let b = split();
  let c = split();
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  // The first outputs still show the seed's pattern; twelve are what the generator's author discards.
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** @returns a new array with the same items in random order (Fisher–Yates) */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
