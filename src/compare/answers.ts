import type { CompareDocument } from "./compare-document.ts";

/** Digests of one process's first answers, by request; of a job's output, as the only one. */
export type AnswerDigests = readonly (readonly [index: number, digest: string])[];

/**
 * Whether two programs gave the same answers: looks at those requests that each of them answered alike in all its
 * runs, since only there a difference means anything. Of a job it looks at the output as a whole.
 */
export function compareAnswers(
  a: readonly AnswerDigests[],
  b: readonly AnswerDigests[],
  kind: CompareDocument["kind"],
): CompareDocument["answers"] {
  const text = kind === "job" ? outputText : requestText;
  const [ofA, ofB] = [stable(a), stable(b)];
  let compared = 0;
  for (const [index, digest] of ofA) {
    const other = ofB.get(index);
    if (other === undefined) continue;
    compared++;
    if (other !== digest)
      return {
        verdict: "differ",
        detail: text.differ(index, digest, other),
      };
  }
  if (compared === 0)
    return {
      verdict: "not comparable",
      detail: text.none,
    };
  return { verdict: "same", detail: text.same(compared, a.length) };
}

/** How each outcome is said. */
interface AnswerText {
  differ(index: number, first: string, second: string): string;
  readonly none: string;
  same(compared: number, runs: number): string;
}

const requestText: AnswerText = {
  differ: (index, first, second) =>
    `request ${index + 1} was answered ${first} by the first and ${second} by the second (status and digest of the body), each time`,
  none: "no request got the same answer in all runs of each program, so bodies say nothing",
  same: (compared) => `${compared} requests compared, by status and digest of the body`,
};

const outputText: AnswerText = {
  differ: (_, first, second) =>
    `the first wrote ${first} and the second ${second} (digest of the standard output), in each run`,
  none: "the runs of one program don't all write the same, so the standard output says nothing",
  same: (_, runs) => `the standard output of ${runs} runs of each, by digest`,
};

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
