/**
 * What must feedback not do? Sink tools that never got any, believe all it is told, or grow without end.
 * Bars: tools whose queries are never streamed lose ≤ 2 points of recall@1 on theirs, while the others gain ≥ 20; with
 * feedback of which 10 % names a wrong tool, recall@1 is ≤ 2 points lower; what was learned is the
 * same after it was saved and loaded. Means of five folds of tools; medians of five orders.
 */
import { markdownTable, median } from "../../src/measure/index.ts";
import { LearnedRanking } from "../../src/tools/learning/learned-ranking.ts";
import { met } from "../figures.ts";
import {
  development,
  final,
  ids,
  type Learner,
  names,
  recall,
  type Split,
  shuffled,
  stream,
} from "./protocol/learning-stream.ts";
import { ours, ways } from "./protocol/rivals.ts";

const folds = 5;
const points = (value: number): string => (value > 0 ? `+${value.toFixed(1)}` : value.toFixed(1));
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const order = shuffled(names, 7);

/** What feedback gives, and takes from tools whose queries are never streamed. */
function gainsOf({ train, test }: Split, learner: Learner, fold: number) {
  const held = new Set(order.filter((_name, i) => i % folds === fold));
  stream(
    shuffled(train, fold + 1).filter(({ tool }) => !held.has(tool)),
    learner,
  );
  const gain = (isHeld: boolean) => {
    const rows = test.filter(({ tool }) => held.has(tool) === isHeld);
    const [first, five] = recall(rows, learner);
    const [firstBefore, fiveBefore] = recall(rows, undefined);
    return [first - firstBefore, five - fiveBefore] as const;
  };
  return { unseen: gain(true), seen: gain(false) };
}

const both = ([first, five]: readonly [number, number]): string => `${points(first)} / ${points(five)}`;
console.log("### A fifth of the tools never gets feedback, development split: points of recall@1 / @5\n");
console.log(
  markdownTable(
    ["way", "tools without feedback", "the others"],
    Object.entries(ways).map(([name, open]) => {
      const { unseen, seen } = gainsOf(development, open(1), 0);
      return [name, both(unseen), both(seen)];
    }),
  ),
);
const gains = Array.from({ length: folds }, (_, fold) => gainsOf(final, ours(), fold));
console.log("\n### The same on the held-out split, by fold\n");
console.log(
  markdownTable(
    ["fold", "tools without feedback", "the others"],
    gains.map(({ unseen, seen }, fold) => [String(fold + 1), both(unseen), both(seen)]),
  ),
);
const unseen = mean(gains.map((gain) => gain.unseen[0]));
const seen = mean(gains.map((gain) => gain.seen[0]));

const right: number[] = [];
const wrong: number[] = [];
const failed: number[] = [];
for (const seed of [1, 2, 3, 4, 5]) {
  const train = shuffled(final.train, seed);
  const after = (options: { readonly wrong?: number; readonly failed?: number }): number => {
    const learner = ours();
    let calls = 0;
    const { record } = learner;
    const failing = {
      ...learner,
      record(terms: readonly string[], shown: readonly string[], used: readonly string[]) {
        if (options.failed !== undefined && calls++ % options.failed === 0)
          learner.ranking.record(terms, { shown, used, succeeded: false });
        else record(terms, shown, used);
      },
    };
    stream(train, failing, { wrong: options.wrong ?? 0, seed });
    return recall(final.test, learner)[0];
  };
  right.push(after({}));
  wrong.push(after({ wrong: 0.1 }));
  failed.push(after({ failed: 10 }));
}
const [all, withWrong, withFailed] = [median(right), median(wrong), median(failed)];

const learner = ours();
stream(final.train, learner);
const bytes = learner.ranking.save();
const loaded = LearnedRanking.load(bytes);
const same = final.test.every(({ terms }) => {
  const [a, b] = [new Float32Array(names.length), new Float32Array(names.length)];
  learner.ranking.lift(terms, a, ids);
  loaded.lift(terms, b, ids);
  return a.every((score, i) => Math.abs(score - b[i]!) < 1e-4);
});
const { pairs, features, sizeBytes } = learner.ranking.stats();

console.log(
  `\n${[
    met("tools without feedback lose ≤ 2 points", unseen >= -2, points(unseen)),
    met("the others gain ≥ 20", seen >= 20, points(seen)),
    met("10 % wrong costs ≤ 2 points", all - withWrong <= 2, `${all.toFixed(1)} → ${withWrong.toFixed(1)}`),
    met(
      "10 % failed costs ≤ 2 points",
      all - withFailed <= 2,
      `${all.toFixed(1)} → ${withFailed.toFixed(1)}`,
    ),
    met("saved and loaded, the same", same, `${bytes.length} bytes`),
  ]
    .map((bar) => `- ${bar}`)
    .join("\n")}\n`,
);
console.log(
  `Held after ${final.train.length}: ${pairs} pairs of ${features} terms and neighbours, ${sizeBytes} bytes\n`,
);
