/**
 * Holm's step-down correction: p-values of several questions, adjusted so that the chance of any false claim among
 * them stays below the level that each is then compared with.
 * @param pValues each from 0 to 1
 * @returns adjusted p-values in the given order, each ≥ its own and ≤ 1
 * @throws {RangeError} on a p-value outside [0, 1]
 * @see Holm, A Simple Sequentially Rejective Multiple Test Procedure (1979)
 */
export function holm(pValues: readonly number[]): number[] {
  for (const [i, p] of pValues.entries())
    if (!(p >= 0 && p <= 1))
      throw new RangeError(`pValues[${i}]: expected a number from 0 to 1, got ${String(p)}`);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  const ascending = pValues.map((p, i) => ({ p, i })).sort((x, y) => x.p - y.p);
  for (const [position, { p, i }] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, p * (pValues.length - position)));
    adjusted[i] = largest;
  }
  return adjusted;
}
