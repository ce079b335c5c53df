/**
 * The task of the rows about threads: how many characters must be added, removed or changed to make one string the other.
 * The array is made anew each time, as it would be in a request.
 * @see https://en.wikipedia.org/wiki/Wagner–Fischer_algorithm
 */
export default function editDistance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0] as number;
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j] as number;
      const changed = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(changed, above + 1, (row[j - 1] as number) + 1);
      diagonal = above;
    }
  }
  return row[b.length] as number;
}

/** The same for pools that hand over a single argument. */
export const ofPair = ([a, b]: readonly [string, string]): number => editDistance(a, b);
