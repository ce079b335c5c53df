import { checkSamples } from "./order-statistics.ts";
import { normalTail } from "./two-sided-tail.ts";

export interface MannWhitneyResult {
  /** Pairs in which a's value exceeds b's, a tie counting half; from 0 to a.length × b.length. */
  readonly u: number;
  /** Two-sided, of "neither tends to exceed the other". */
  readonly pValue: number;
  /** Whether the p-value is exact or by the normal approximation. */
  readonly exact: boolean;
}

/** Up to so many pairs, and without ties, the p-value is exact. */
const exactPairs = 400;

/**
 * Mann–Whitney U test (Wilcoxon's rank sum): does one group tend to larger values than the other?
 * Exact for small groups without ties, else by the normal approximation with tie and continuity correction.
 * Values have to be independent: figures of several rounds of one process are not; give it one per process.
 * @throws {RangeError} on an empty group or a value that isn't finite
 * @see Mann & Whitney, On a Test of Whether one of Two Random Variables is Stochastically Larger (1947)
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): MannWhitneyResult {
  checkSamples("a", a);
  checkSamples("b", b);
  const { rankSum, tieTerm } = rank(a, b);
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const pairs = a.length * b.length;
  const larger = Math.max(u, pairs - u);
  if (tieTerm === 0 && pairs <= exactPairs)
    return { u, pValue: Math.min(1, 2 * exactTail(a.length, b.length, larger)), exact: true };
  const n = a.length + b.length;
  const variance = (pairs / 12) * (n + 1 - tieTerm / (n * (n - 1)));
  if (variance <= 0) return { u, pValue: 1, exact: false };
  const z = (larger - pairs / 2 - 0.5) / Math.sqrt(variance);
  return { u, pValue: normalTail(Math.max(0, z)), exact: false };
}

/** Sum of a's ranks among all (ties share their mean rank), and Σ (t³ − t) over groups of t tied values. */
function rank(a: readonly number[], b: readonly number[]): { rankSum: number; tieTerm: number } {
  const all = [...a.map((value) => ({ value, ofA: 1 })), ...b.map((value) => ({ value, ofA: 0 }))];
  all.sort((x, y) => x.value - y.value);
  let rankSum = 0;
  let tieTerm = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    let ofA = 0;
    while (end < all.length && all[end]!.value === all[start]!.value) ofA += all[end++]!.ofA;
    const ties = end - start;
    rankSum += ofA * ((start + 1 + end) / 2);
    tieTerm += ties ** 3 - ties;
    start = end;
  }
  return { rankSum, tieTerm };
}

/** Probability that U ≥ u when all orders are equally likely: the share of choices of n ranks whose U is that large. */
function exactTail(n: number, m: number, u: number): number {
  // ways[k][s]: how many ways to choose k of the values seen so far, exceeding s of the others in all.
  const ways = Array.from({ length: n + 1 }, () => new Float64Array(n * m + 1));
  ways[0]![0] = 1;
  for (let seen = 0; seen < n + m; seen++)
    for (let k = Math.min(n, seen + 1); k >= 1; k--) {
      // The value taken as k-th exceeds those seen before it that were not taken.
      const exceeded = seen - (k - 1);
      if (exceeded > m) continue;
      const from = ways[k - 1]!;
      const into = ways[k]!;
      for (let s = n * m - exceeded; s >= 0; s--) into[s + exceeded]! += from[s]!;
    }
  const counts = ways[n]!;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.subarray(Math.ceil(u)).reduce((sum, count) => sum + count, 0) / total;
}
