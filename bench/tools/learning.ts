/**
 * How much does feedback help, and what does it cost? MetaTool's queries are streamed, five tools shown, and the
 * right one is seen if it is among them; tested on queries that were not streamed. The ways to learn are compared on
 * the development split; the bars are held against the other. Bars: recall@1 after 1,000 / 13,212 queries ≥ 54 / 72
 * %; without near-duplicates ≥ 25 points more, or ≥ 75 %; an update takes ≤ 10 µs at p99. Recall is the median of
 * five orders, times that of five runs.
 */
import { markdownTable, median } from "../../src/measure/index.ts";
import { latencyPercentiles } from "../../src/tools/evaluation/latency-percentiles.ts";
import { LearnedRanking } from "../../src/tools/learning/learned-ranking.ts";
import { met } from "../figures.ts";
import {
  development,
  final,
  type Learner,
  names,
  recall,
  type Split,
  shuffled,
  stream,
  withoutNearDuplicates,
} from "./protocol/learning-stream.ts";
import { everUsed, ours, ways } from "./protocol/rivals.ts";

const percent = (value: number): string => value.toFixed(1);

/** @returns recall@1 and @5 after 0, 1,000, 3,000 and all, and what had been learned then */
function curve(split: Split, open: (seed: number) => Learner, seed: number) {
  const learner = open(seed);
  const points: (readonly [number, number])[] = [];
  const at = [0, 1000, 3000, split.train.length];
  const seen = stream(shuffled(split.train, seed), learner, {
    before(streamed) {
      if (at.includes(streamed)) points.push(recall(split.test, learner));
    },
  });
  return { learner, points, seen };
}

const dev = Object.entries(ways).map(([name, open]) => [
  name,
  ...curve(development, open, 1).points.map(([first, five]) => `${percent(first)} / ${percent(five)}`),
]);
const devAt = ["0", "1,000", "3,000", String(development.train.length)];
console.log(`### Ways to learn, development split: recall@1 / @5, %, after so many queries\n`);
console.log(`${markdownTable(["way", ...devAt], dev)}\n`);

const orders = [1, 2, 3, 4, 5];
const near = withoutNearDuplicates(final);
const nearBefore = recall(near, undefined)[0];
const runs = orders.map((seed) => {
  const { learner, points, seen } = curve(final, () => ours(), seed);
  return { points, seen, near: recall(near, learner)[0] };
});
const control = orders.map((seed) => curve(final, everUsed, seed).points);
const first = (curves: (readonly (readonly [number, number])[])[], i: number, at: 0 | 1): number =>
  median(curves.map((points) => points[i]![at]));
const ourPoints = runs.map(({ points }) => points);
const rowOf = (name: string, curves: (readonly (readonly [number, number])[])[]) => [
  name,
  ...[0, 1, 2, 3].map((i) => `${percent(first(curves, i, 0))} / ${percent(first(curves, i, 1))}`),
];
const nearAfter = median(runs.map((run) => run.near));
console.log(`### Held-out split (${final.test.length} queries, ${near.length} without near-duplicates)\n`);
console.log(
  markdownTable(
    ["", "0", "1,000", "3,000", String(final.train.length)],
    [rowOf("LearnedRanking", ourPoints), rowOf('control, "ever used"', control)],
  ),
);
const [after1k, afterAll] = [first(ourPoints, 1, 0), first(ourPoints, 3, 0)];
console.log(`\nSeen feedback: ${median(runs.map((run) => run.seen))} of ${final.train.length}\n`);
const bars = [
  met("recall@1 after 1,000 ≥ 54", after1k >= 54, percent(after1k)),
  met(`recall@1 after ${final.train.length} ≥ 72`, afterAll >= 72, percent(afterAll)),
  met(
    "without near-duplicates ≥ +25 points or ≥ 75",
    nearAfter - nearBefore >= 25 || nearAfter >= 75,
    `${percent(nearBefore)} → ${percent(nearAfter)}`,
  ),
];

/** Microseconds of each call. */
function timed<T>(inputs: readonly T[], run: (input: T) => void): Float64Array {
  return Float64Array.from(inputs, (input) => {
    const startMs = performance.now();
    run(input);
    return (performance.now() - startMs) * 1000;
  });
}

const outcomes = final.train.map(({ terms, tool }, i) => ({
  terms,
  outcome: { shown: [...names.slice(i % 190, (i % 190) + 4), tool], used: [tool] },
}));
const passes = [0, 1, 2, 3, 4, 5]
  .map(() => {
    const ranking = new LearnedRanking();
    return timed(outcomes, ({ terms, outcome }) => ranking.record(terms, outcome));
  })
  .slice(1);
const updates = passes.map((times) => latencyPercentiles(times)!);
const updateP99 = median(updates.map(({ p99 }) => p99));
bars.push(met("update p99 ≤ 10 µs", updateP99 <= 10, `${updateP99.toFixed(2)} µs`));
// All do the same in the same order, so that what one took longer than another was the machine.
const undisturbed = latencyPercentiles(
  outcomes.map((_, i) => Math.min(...passes.map((times) => times[i]!))),
)!;

/** With feedback of all of so many tools, as many as MetaTool's rows make. */
function liftTimes(tools: number): readonly string[] {
  const ranking = new LearnedRanking();
  const all = Array.from({ length: tools }, (_, i) => `tool ${i}`);
  const places = new Map(all.map((name, i) => [name, i]));
  const ids = { version: 1, size: tools, idOf: (name: string) => places.get(name) };
  for (const [i, { terms, tool }] of final.train.entries()) {
    const used = [all[(names.indexOf(tool) + names.length * i) % tools]!];
    ranking.record(terms, { shown: used, used });
  }
  const scores = new Float32Array(tools);
  const rounds = [0, 1, 2, 3, 4, 5].map(
    () =>
      latencyPercentiles(
        timed(final.test, ({ terms }) => {
          ranking.lift(terms, scores, ids);
        }),
      )!,
  );
  const [p50, p99] = [rounds.slice(1).map((round) => round.p50), rounds.slice(1).map((round) => round.p99)];
  return [String(tools), median(p50).toFixed(1), median(p99).toFixed(1), String(ranking.stats().pairs)];
}

console.log(`${bars.map((bar) => `- ${bar}`).join("\n")}\n`);
console.log("### What learning adds to a selection, µs\n");
console.log(markdownTable(["tools", "p50", "p99", "pairs"], [199, 1000, 10_000].map(liftTimes)));
console.log(
  `\nUpdate: p50 ${median(updates.map(({ p50 }) => p50)).toFixed(2)} µs; by each update's fastest of five runs, p50 ${undisturbed.p50.toFixed(2)}, p99 ${undisturbed.p99.toFixed(2)}, max ${undisturbed.max.toFixed(0)} µs\n`,
);
