/**
 * Which policy keeps what will be asked for? The policy of `AdaptiveCache` beside LRU, ARC, S3-FIFO, SIEVE, W-TinyLFU
 * (fixed window, and Caffeine's climber) and Belady's optimum, replayed over 8 recorded traces at 6 capacities each, and
 * over made-up streams, in which one behaviour prevails. The figures are the same on every run and machine.
 * The replay is checked against ratios that are published for gli and OLTP.
 * Bars: on the traces, a mean no lower than any other's but the optimum; on traces and streams, no cell more than 1.5
 * points below LRU, whichever the seed.
 */
import { markdownTable } from "../../src/measure/index.ts";
import { adaptive } from "./replay/adaptive.ts";
import { arc } from "./replay/arc.ts";
import { lru } from "./replay/lru.ts";
import { optimum } from "./replay/optimum.ts";
import { s3Fifo } from "./replay/s3-fifo.ts";
import { sieve } from "./replay/sieve.ts";
import { generateStreams } from "./replay/streams.ts";
import { readTraces, type Trace } from "./replay/traces.ts";
import { climbingWTinyLfu, staticWTinyLfu } from "./replay/w-tiny-lfu.ts";

type Replay = (trace: Trace, capacity: number, seed: number) => number;

interface Policy {
  readonly name: string;
  readonly replay: Replay;
  /** The policies that draw lots are replayed with each. */
  readonly seeds: readonly number[];
}

interface Cell {
  readonly trace: string;
  readonly capacity: number;
  /** Percent, one for each seed. */
  readonly ratios: readonly number[];
}

const fixed = (name: string, replay: Replay): Policy => ({ name, replay, seeds: [1] });

const policies: readonly Policy[] = [
  { name: "AdaptiveCache", replay: adaptive, seeds: [1, 2, 3] },
  fixed("LRU", lru),
  fixed("ARC", arc),
  fixed("S3-FIFO", s3Fifo),
  fixed("SIEVE", sieve),
  fixed("W-TinyLFU, window 1 %", staticWTinyLfu),
  fixed("W-TinyLFU, climbing", climbingWTinyLfu),
  fixed("optimum", optimum),
];

const traces = readTraces();
checkReplay();
const onTraces = report("Recorded traces", traces);
report("Made-up streams", generateStreams(1));
const ours = mean(onTraces[0]!);
const best = Math.max(...onTraces.slice(1, -1).map(mean));
console.log(
  `Mean ≥ each other's on the traces: ${ours >= best ? "met" : "missed"} (${percent(ours)} against ${percent(best)})`,
);

/** @throws {Error} when a ratio isn't the published one */
function checkReplay(): void {
  const published: readonly [
    name: string,
    replay: Replay,
    tolerance: number,
    ratios: Record<number, number>,
  ][] = [
    ["gli", lru, 0.005, { 250: 0.91, 500: 0.95, 1000: 11.21, 1500: 36.56, 2000: 57.41 }],
    ["OLTP", lru, 0.005, { 250: 16.47, 500: 23.45, 1000: 32.83, 2000: 42.47 }],
    ["OLTP", optimum, 0.005, { 250: 38.43, 500: 46.42, 1000: 53.61, 2000: 60.4 }],
    // Its sketch depends on the hash.
    ["OLTP", climbingWTinyLfu, 1.2, { 250: 24.73, 500: 33.7, 1000: 39.95, 2000: 46.07 }],
  ];
  for (const [name, replay, tolerance, ratios] of published)
    for (const [capacity, expected] of Object.entries(ratios)) {
      const ratio = ratioOf(traces.find((trace) => trace.name === name)!, Number(capacity), replay, 1);
      if (!(Math.abs(ratio - expected) <= tolerance))
        throw new Error(
          `${replay.name} on ${name} at ${capacity}: expected ${expected} %, got ${percent(ratio)}`,
        );
    }
}

/** @returns the cells of each policy */
function report(title: string, streams: readonly Trace[]): Cell[][] {
  const results = policies.map((policy) =>
    streams.flatMap((trace) =>
      trace.capacities.map((capacity) => ({
        trace: trace.name,
        capacity,
        ratios: policy.seeds.map((seed) => ratioOf(trace, capacity, policy.replay, seed)),
      })),
    ),
  );
  const baseline = results[policies.findIndex(({ replay }) => replay === lru)]!;
  const of = (cells: readonly Cell[], name: string) =>
    percent(mean(cells.filter(({ trace }) => trace === name)));
  console.log(`### ${title}: hits, % (mean over capacities; worst cell in points against LRU)\n`);
  console.log(
    markdownTable(
      ["policy", "mean", "worst cell", ...streams.map(({ name }) => name)],
      policies.map(({ name }, i) => [
        name,
        percent(mean(results[i]!)),
        worst(results[i]!, baseline),
        ...streams.map((trace) => of(results[i]!, trace.name)),
      ]),
    ),
  );
  console.log();
  return results;
}

function ratioOf(trace: Trace, capacity: number, replay: Replay, seed: number): number {
  return (100 * replay(trace, capacity, seed)) / trace.requests.length;
}

function mean(cells: readonly Cell[]): number {
  const all = cells.flatMap(({ ratios }) => ratios);
  return all.reduce((sum, ratio) => sum + ratio, 0) / all.length;
}

function worst(cells: readonly Cell[], baseline: readonly Cell[]): string {
  const behind = cells.map(({ ratios }, i) => Math.min(...ratios) - baseline[i]!.ratios[0]!);
  const least = Math.min(...behind);
  const { trace, capacity } = cells[behind.indexOf(least)]!;
  return least === 0 ? "0.0" : `${least.toFixed(1)} (${trace} ${capacity})`;
}

function percent(ratio: number): string {
  return ratio.toFixed(1);
}
