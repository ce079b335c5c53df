/**
 * How often does a comparison claim a difference between a program and itself, and how often does it find latencies that
 * are 5 % longer, on a shared host with slow waves, restlessness and bursts? Simulated, 100 seeds each, in the default plan
 * of `victor compare`, over all ten metrics at once. Beside it, what people do otherwise: one program after the other
 * (all of A, then all of B) with a test over all requests' latencies, or over the processes; and processes in alternation
 * that aren't alive at once.
 */
import { compareDefaults } from "../../src/compare/compare-options.ts";
import { familyLevel, judge } from "../../src/compare/judge.ts";
import { serverMetrics } from "../../src/compare/metric.ts";
import { bootstrapRatio, holm, mannWhitney, verdict } from "../../src/measure/index.ts";
import {
  figuresOf,
  type SimulatedPlan,
  type SimulatedRun,
  simulatedComparison,
  simulatedOneAfterTheOther,
} from "../../test/support/simulated-programs.ts";
import { met, print } from "../figures.ts";

const runs = 100;
const plan: SimulatedPlan = {
  rounds: compareDefaults.rounds,
  durationS: compareDefaults.durationMs / 1000,
  slotS: 0.25,
  betweenS: 4,
};
const latencies = ["p50", "p95", "p99", "p999"] as const;
const all = [...latencies, "cpu", "rssPeak", "rssMedian", "gcShare", "loopDelay"] as const;

interface Pair {
  readonly a: readonly SimulatedRun[];
  readonly b: readonly SimulatedRun[];
}

/** What is claimed of a pair: any difference, and that latencies are longer. */
interface Claims {
  readonly any: boolean;
  readonly slower: boolean;
}

function judged({ a, b }: Pair): Claims {
  const metrics = judge([{ a: a.map(figuresOf), b: b.map(figuresOf) }], serverMetrics)[0]!;
  return {
    any: metrics.some(({ verdict }) => verdict !== "no difference shown"),
    slower: metrics.some(({ id, verdict }) => id.startsWith("latency") && verdict === "worse"),
  };
}

function unpaired({ a, b }: Pair): Claims {
  const of = (side: readonly SimulatedRun[], key: (typeof all)[number]) => side.map((run) => [run[key]]);
  const estimates = all.map((key) => bootstrapRatio(of(a, key), of(b, key)));
  const adjusted = holm(estimates.map(({ pValue }) => pValue));
  const verdicts = estimates.map((estimate, i) => verdict(estimate, adjusted[i]!));
  return {
    any: verdicts.some((claim) => claim !== "no difference shown"),
    slower: verdicts.slice(0, latencies.length).includes("worse"),
  };
}

function ranks(keys: readonly (typeof all)[number][]) {
  return ({ a, b }: Pair): Claims => {
    const results = keys.map((key) =>
      mannWhitney(
        a.map((run) => run[key]),
        b.map((run) => run[key]),
      ),
    );
    const any = results.some(({ pValue }) => pValue < 0.05);
    return { any, slower: any };
  };
}

const methods: readonly (readonly [
  name: string,
  pairs: (seed: number, slowdown: number) => Pair,
  claim: (pair: Pair) => Claims,
])[] = [
  [
    "victor compare: side by side in turns of 0.25 s, pairs, Holm",
    (seed, slow) => simulatedComparison(seed, slow, plan),
    judged,
  ],
  [
    "processes in alternation (fixed port), pairs, Holm",
    (seed, slow) => simulatedComparison(seed, slow, { ...plan, slotS: plan.durationS }),
    judged,
  ],
  [
    "side by side, but not paired: bootstrap over processes, Holm",
    (seed, slow) => simulatedComparison(seed, slow, plan),
    unpaired,
  ],
  [
    "all of A, then all of B: p50 of processes, Mann-Whitney",
    (seed, slow) => simulatedOneAfterTheOther(seed, slow, plan),
    ranks(["p50"]),
  ],
  [
    "all of A, then all of B: each metric by itself, Mann-Whitney",
    (seed, slow) => simulatedOneAfterTheOther(seed, slow, plan),
    ranks(all),
  ],
];

const rates = methods.map(([name, pairs, claim]) => {
  let falseAlarms = 0;
  let found = 0;
  for (let seed = 1; seed <= runs; seed++) {
    if (claim(pairs(seed, 1)).any) falseAlarms++;
    if (claim(pairs(seed, 1.05)).slower) found++;
  }
  return { name, falseAlarms, found };
});

const [own] = rates as [(typeof rates)[number]];
print(
  `Error rates of ${runs} seeded comparisons, ${plan.rounds} rounds of ${plan.durationS} s`,
  ["method", "A/A: a difference claimed", "5 % longer latencies: found"],
  rates.map(({ name, falseAlarms, found }) => [name, `${falseAlarms} of ${runs}`, `${found} of ${runs}`]),
  [
    met(
      "A/A says “no difference shown” in at least 95 of 100",
      own.falseAlarms <= 5,
      `${runs - own.falseAlarms}; level ${familyLevel}`,
    ),
    met("5 % longer latencies are found in at least 90 of 100", own.found >= 90, `${own.found}`),
  ],
  [],
);
