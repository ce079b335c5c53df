import type { CompareDocument, ProgramComparison } from "./compare-document.ts";
import { isShown } from "./compare-tables.ts";
import { mostRounds, outcomeText, roundsNeeded, tellingMetric, tellingShare } from "./compare-text.ts";

export const stepsHeading = "What each optimization brings by itself";

/** Comparisons of single optimizations, and before them of loading without any; none without `ablate`. */
export const singleSteps = ({ comparisons }: CompareDocument): readonly ProgramComparison[] =>
  comparisons.filter(({ family }) => family === "ablation");

/** What the comparisons of single optimizations show, in sentences, and what they can't tell. */
export function stepFindings(document: CompareDocument): string[] {
  const steps = singleSteps(document);
  if (steps.every(({ metrics }) => metrics.length === 0))
    return ["One round is no pair of measurements, so nothing can be said of them yet."];
  const none = steps.filter(({ metrics }) => !metrics.some(isShown)).map(({ b }) => b);
  return [
    ...steps
      .filter(({ metrics }) => metrics.some(isShown))
      .map(({ b, metrics }) => `${b} is ${outcomeText(metrics)}.`),
    ...(none.length > 0 ? [`No difference shown by itself: ${none.join(", ")}.`] : []),
    ...tooFew(steps),
  ];
}

/** Those of which it is open whether they bring what is worth having, and what it would take to know. */
function tooFew(steps: readonly ProgramComparison[]): string[] {
  const open = steps.flatMap(({ b, metrics }) => {
    const metric = tellingMetric(metrics);
    if (metric === undefined) return [];
    const needed = roundsNeeded(metric);
    return needed > metric.pairs ? [{ b, metric, needed }] : [];
  });
  const { some = [], none = [] } = Object.groupBy(open, ({ needed }) =>
    needed > mostRounds ? "none" : "some",
  );
  const sentence = (of: typeof open, remedy: string): string[] => {
    if (of.length === 0) return [];
    const { title, pairs } = of[0]!.metric;
    const names = of.map(({ b }) => b).join(", ");
    return [
      `${pairs} rounds are too few to tell a change of ${tellingShare} in ${title}, and ${remedy}: ${names}.`,
    ];
  };
  const needed = Math.max(...some.map((one) => one.needed));
  return [
    ...sentence(some, `about ${needed} are needed on this machine (--rounds)`),
    ...sentence(none, `${mostRounds} would be, too, on this machine`),
  ];
}
