/**
 * How often is an optimization that does no harm rolled back although its calls are looked at after each one, and after how
 * many is one that does harm? Seeded streams, log-normal latencies (σ 0.5), errors 1 %. `--full` takes ten times the streams.
 * Bars: ≤ 5 % false roll-backs by p99 or errors, in still traffic and in waves and bursts; a p99 that is 20 % higher and an
 * error rate of 3 % instead of 1 % found in ≥ 99 % of the streams.
 */
import { median, seededRandom } from "../../src/measure/index.ts";
import { met, print } from "../figures.ts";
import { alwaysValid, fixedN, peekedT, peekedZ, type Rule, ruleOfThumb } from "./arms/rules.ts";
import { type Call, type Traffic, traffics } from "./arms/traffic.ts";

const times = process.argv.includes("--full") ? 10 : 1;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

interface Harm {
  /** Of the treated latency. */
  readonly factor: number;
  readonly errorRate: number;
}
const none: Harm = { factor: 1, errorRate: 0.01 };

/** @returns calls until the roll-back, `Infinity` when there was none */
function rolledBackAt(
  open: (share: number) => Rule,
  traffic: Traffic,
  harm: Harm,
  share: number,
  seed: number,
  calls: number,
) {
  const random = seededRandom(seed);
  const next = traffic(random);
  const rule = open(share);
  for (let i = 1; i <= calls; i++) {
    const call: Call = next(i, share);
    const isOn = call.isOn;
    const failed = random() < call.errorRate * (isOn ? harm.errorRate / none.errorRate : 1);
    if (rule(isOn ? "on" : "off", call.latencyMs * (isOn ? harm.factor : 1), failed, call.key)) return i;
  }
  return Number.POSITIVE_INFINITY;
}

function judge(
  open: (share: number) => Rule,
  traffic: Traffic,
  harm: Harm,
  share: number,
  streams: number,
  calls: number,
) {
  const ends = Array.from({ length: streams }, (_, seed) =>
    rolledBackAt(open, traffic, harm, share, seed + 1, calls),
  ).sort((a, b) => a - b);
  const found = ends.filter(Number.isFinite);
  const at = (q: number): string => {
    const end = ends[Math.ceil(q * streams) - 1]!;
    return Number.isFinite(end) ? end.toLocaleString("en") : "–";
  };
  return {
    share: found.length / streams,
    p50: at(0.5),
    p95: at(0.95),
    median: found.length ? median(found) : 0,
  };
}

const streams = 1000 * times;
const calls = 5_000;
/** The tolerance of the defaults only makes it more careful: fewer streams say as much. */
const tolerantStreams = 100 * times;
const ours = {
  "ours, no tolerance": (share: number) => alwaysValid(0, 0, share),
  "ours, by default": (share: number) => alwaysValid(0.05, 0.1, share),
};
const rivals = {
  "z-test and t-test, looked at after each call": () => peekedZ(1),
  "z-test and t-test, looked at each 1,000 calls": () => peekedZ(1000),
  "Welch's t on the mean alone, after each call": () => peekedT(1),
  "p99 of the last 1,000 is 20 % higher": ruleOfThumb,
};
const rivalStreams = 40 * times;
const rows: string[][] = [];
const bars: string[] = [];
for (const [name, traffic] of Object.entries(traffics)) {
  for (const [rule, open] of Object.entries(ours)) {
    const { share } = judge(
      open,
      traffic,
      none,
      0.5,
      rule.includes("default") ? tolerantStreams : streams,
      calls,
    );
    rows.push([rule, name, percent(share)]);
    bars.push(met(`${rule}, ${name}: ≤ 5 % false roll-backs`, share <= 0.05, percent(share)));
  }
  for (const [rule, open] of Object.entries(rivals))
    rows.push([rule, name, percent(judge(open, traffic, none, 0.5, rivalStreams, calls).share)]);
}
print(
  `False roll-backs in ${calls.toLocaleString("en")} calls, share 50 %: ${streams} streams (by default ${tolerantStreams}, rivals ${rivalStreams})`,
  ["rule", "traffic", "rolled back without harm"],
  rows,
  bars,
  [],
);

const harms: Readonly<Record<string, Harm>> = {
  "p99 +20 %": { factor: 1.2, errorRate: 0.01 },
  "p99 +50 %": { factor: 1.5, errorRate: 0.01 },
  "errors 1 → 3 %": { factor: 1, errorRate: 0.03 },
  "all fail": { factor: 1, errorRate: 1 },
};
const found: string[][] = [];
const foundBars: string[] = [];
const harmStreams = 50 * times;
/** A small share takes many calls. */
const slowStreams = 10 * times;
for (const [harm, how] of Object.entries(harms))
  for (const share of [0.5, 0.05, 0.01])
    for (const [rule, open] of Object.entries({
      ...ours,
      ...(share === 0.5 && { "fixed n, looked at once": fixedN }),
    })) {
      const most = share === 0.5 ? 50_000 : 150_000;
      const result = judge(
        open,
        traffics.still!,
        how,
        share,
        share === 0.5 ? harmStreams : slowStreams,
        most,
      );
      found.push([rule, harm, percent(share), percent(result.share), result.p50, result.p95]);
      if (share === 0.5 && rule in ours && (harm === "p99 +20 %" || harm.startsWith("errors")))
        foundBars.push(met(`${rule}, ${harm}: found in ≥ 99 %`, result.share >= 0.99, percent(result.share)));
    }
print(
  `Calls of both arms until harm is found: ${harmStreams} streams, ${slowStreams} of the small shares`,
  ["rule", "harm", "share of the treated", "found", "calls, p50", "p95"],
  found,
  foundBars,
  [],
);

/** Users who come again and again. Only a tenth of them ever fails, so that of 100 the harm to errors befalls five. */
const keyedRules = {
  "ours, by default": ours["ours, by default"],
  "ours, by default, without the keys": (share: number): Rule => {
    const rule = alwaysValid(0.05, 0.1, share);
    return (arm, latencyMs, failed) => rule(arm, latencyMs, failed);
  },
};
const keyedStreams = 20 * times;
const keyedCalls = 50_000;
const keyedHarms: Readonly<Record<string, Harm>> = {
  none,
  "p99 +50 %": { factor: 1.5, errorRate: 0.01 },
  "errors × 3": { factor: 1, errorRate: 0.03 },
  "errors × 10": { factor: 1, errorRate: 0.1 },
};
const keyedRows: string[][] = [];
const keyedBars: string[] = [];
for (const [name, traffic] of Object.entries(traffics).filter(([each]) => each.includes("keys")))
  for (const [harm, how] of Object.entries(keyedHarms))
    for (const [rule, open] of Object.entries(keyedRules)) {
      const result = judge(open, traffic, how, 0.5, keyedStreams, keyedCalls);
      keyedRows.push([rule, name, harm, percent(result.share), result.p50, result.p95]);
      if (harm === "p99 +50 %" && rule in ours)
        keyedBars.push(
          met(`${rule}, ${name}, ${harm}: found in ≥ 99 %`, result.share >= 0.99, percent(result.share)),
        );
    }
print(
  `Users who come again: rolled back within ${keyedCalls.toLocaleString("en")} calls, share 50 %: ${keyedStreams} streams`,
  ["rule", "traffic", "harm", "rolled back", "calls, p50", "p95"],
  keyedRows,
  keyedBars,
  [],
);
