import type { CompareDocument, ProgramComparison } from "./compare-document.ts";
import { isShown } from "./compare-tables.ts";
import { outcomeText, roundsNeeded, tellingMetric, tellingShare } from "./compare-text.ts";

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
    return metric !== undefined && roundsNeeded(metric) > metric.pairs ? [{ b, metric }] : [];
  });
  if (open.length === 0) return [];
  const { title, pairs } = open[0]!.metric;
  const needed = Math.max(...open.map(({ metric }) => roundsNeeded(metric)));
  const remedy =
    needed > 1000
      ? "and 1000 would be, too, on this machine"
      : `and about ${needed} are needed on this machine (--rounds)`;
  return [
    `${pairs} rounds are too few to tell a change of ${tellingShare} in ${title}, ${remedy}: ${open.map(({ b }) => b).join(", ")}.`,
  ];
}
