import type { CompareDocument } from "./compare-document.ts";

/** Digests of one process's first answers, by request. */
export type AnswerDigests = readonly (readonly [index: number, digest: string])[];

/**
 * Whether two programs gave the same answers: looks at those requests that each of them answered alike in all its
 * runs, since only there a difference means anything.
 */
export function compareAnswers(
  a: readonly AnswerDigests[],
  b: readonly AnswerDigests[],
): CompareDocument["answers"] {
  const [ofA, ofB] = [stable(a), stable(b)];
  let compared = 0;
  for (const [index, digest] of ofA) {
    const other = ofB.get(index);
    if (other === undefined) continue;
    compared++;
    if (other !== digest)
      return {
        verdict: "differ",
        detail: `request ${index + 1} was answered ${digest} by the first and ${other} by the second (status and digest of the body), each time`,
      };
  }
  if (compared === 0)
    return {
      verdict: "not comparable",
      detail: "no request got the same answer in all runs of each program, so bodies say nothing",
    };
  return { verdict: "same", detail: `${compared} requests compared, by status and digest of the body` };
}

function stable(runs: readonly AnswerDigests[]): Map<number, string> {
  const digests = new Map<number, string | undefined>();
  const seen = new Map<number, number>();
  for (const run of runs)
    for (const [index, digest] of run) {
      seen.set(index, (seen.get(index) ?? 0) + 1);
      digests.set(index, !digests.has(index) || digests.get(index) === digest ? digest : undefined);
    }
  return new Map(
    Array.from(digests).flatMap(([index, digest]) =>
      digest !== undefined && seen.get(index)! >= 2 ? [[index, digest] as const] : [],
    ),
  );
}
