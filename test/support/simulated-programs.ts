import type { RunFigures } from "../../src/compare/metric.ts";
import { quantileOfSorted } from "../../src/measure/order-statistics.ts";
import { type Random, seededRandom } from "../../src/measure/random.ts";

/** Standard normal, by Box and Muller. */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const stepS = 0.05;

/**
 * How much slower a shared host is from moment to moment: slow waves (a neighbour's day, a clock that heats up), a fast
 * restlessness, and bursts in which a neighbour takes the processor.
 * @param lengthS how long it is known
 * @returns factor at a second, about 1 on average
 */
export function simulatedHost(random: Random, lengthS: number): (atS: number) => number {
  const steps = Math.ceil(lengthS / stepS) + 1;
  const factors = new Float64Array(steps);
  const periodS = 60 + 240 * random();
  const phase = random();
  const follow = (sd: number, memoryS: number) => {
    const keep = Math.exp(-stepS / memoryS);
    let value = sd * normal(random);
    return () => {
      value = keep * value + sd * Math.sqrt(1 - keep * keep) * normal(random);
      return value;
    };
  };
  const slow = follow(0.08, 40);
  const fast = follow(0.05, 0.5);
  let burstEndsS = 0;
  let burst = 0;
  for (let i = 0; i < steps; i++) {
    const s = i * stepS;
    if (s >= burstEndsS) {
      burst = 0;
      if (random() < stepS / 25) {
        burstEndsS = s + 0.3 + 2.7 * random();
        burst = Math.log(1.2 + random());
      }
    }
    factors[i] = Math.exp(slow() + fast() + burst + 0.05 * Math.sin(2 * Math.PI * (s / periodS + phase)));
  }
  return (atS) => factors[Math.min(steps - 1, Math.floor(atS / stepS))]!;
}

/** Figures of one process that was loaded for a while, as `victor compare` takes them. */
export interface SimulatedRun {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly throughput: number;
  readonly cpu: number;
  readonly rssPeak: number;
  readonly rssMedian: number;
  readonly gcShare: number;
  readonly loopDelay: number;
}

/** When an arm is loaded: from second to second. */
export type Slot = readonly [fromS: number, toS: number];

const requestsPerSecond = 200;

/** @param slowdown what every latency is multiplied by */
export function simulatedRun(
  random: Random,
  host: (atS: number) => number,
  slowdown: number,
  slots: readonly Slot[],
): SimulatedRun {
  const process = (sd: number) => Math.exp(sd * normal(random));
  const own = slowdown * process(0.015);
  const latencies: number[] = [];
  let hostSum = 0;
  for (const [fromS, toS] of slots)
    for (let atS = fromS; atS < toS; atS += 1 / requestsPerSecond) {
      const factor = host(atS);
      hostSum += factor;
      const collected = random() < 0.01 ? 2 + 4 * random() : 1;
      latencies.push(own * factor * collected * Math.exp(0.3 * normal(random)));
    }
  const sorted = Float64Array.from(latencies).sort();
  const mean = hostSum / sorted.length;
  return {
    p50: quantileOfSorted(sorted, 0.5),
    p95: quantileOfSorted(sorted, 0.95),
    p99: quantileOfSorted(sorted, 0.99),
    p999: quantileOfSorted(sorted, 0.999),
    throughput: requestsPerSecond * process(0.001),
    cpu: mean ** 0.5 * process(0.015),
    rssPeak: process(0.02),
    rssMedian: process(0.015),
    gcShare: process(0.08) * mean ** 0.3,
    loopDelay: process(0.15) * mean,
  };
}

/** A comparison's plan: which arm is loaded when, in each round. */
export interface SimulatedPlan {
  readonly rounds: number;
  /** Seconds that each arm is loaded in a round. */
  readonly durationS: number;
  /** Length of a turn; the whole duration where programs run one after the other. */
  readonly slotS: number;
  /** Start and warm-up before each block of turns. */
  readonly betweenS: number;
}

/** @returns runs of A and of B, by round */
export function simulatedComparison(
  seed: number,
  slowdownOfB: number,
  { rounds, durationS, slotS, betweenS }: SimulatedPlan,
): { readonly a: SimulatedRun[]; readonly b: SimulatedRun[] } {
  const random = seededRandom(seed);
  const host = simulatedHost(random, rounds * 2 * (durationS + betweenS));
  const runs = { a: [] as SimulatedRun[], b: [] as SimulatedRun[] };
  const turns = Math.round(durationS / slotS);
  let atS = 0;
  for (let round = 0; round < rounds; round++) {
    const slots = { a: [] as Slot[], b: [] as Slot[] };
    for (let turn = 0; turn < turns; turn++) {
      if (turn === 0) atS += betweenS;
      const first = (round + turn) % 2 === 0 ? "a" : "b";
      for (const arm of [first, first === "a" ? "b" : "a"] as const) {
        // Programs that run one after the other start and warm up before each.
        if (turns === 1 && arm !== first) atS += betweenS;
        slots[arm].push([atS, atS + slotS]);
        atS += slotS;
      }
    }
    runs.a.push(simulatedRun(random, host, 1, slots.a));
    runs.b.push(simulatedRun(random, host, slowdownOfB, slots.b));
  }
  return runs;
}

/** As `victor compare` names them. */
export function figuresOf(run: SimulatedRun): RunFigures {
  const { p50, p95, p99, p999, cpu, loopDelay, ...same } = run;
  return {
    ...same,
    latencyP50: p50,
    latencyP95: p95,
    latencyP99: p99,
    latencyP999: p999,
    cpuPerRequest: cpu,
    loopDelayP99: 10 * loopDelay,
    rssPeak: 1e8 * run.rssPeak,
    rssMedian: 1e8 * run.rssMedian,
    gcShare: 0.05 * run.gcShare,
  };
}

/** All processes of A, then all of B: what is done where nobody thinks of the machine. */
export function simulatedOneAfterTheOther(
  seed: number,
  slowdownOfB: number,
  { rounds, durationS, betweenS }: SimulatedPlan,
): { readonly a: SimulatedRun[]; readonly b: SimulatedRun[] } {
  const random = seededRandom(seed);
  const host = simulatedHost(random, rounds * 2 * (durationS + betweenS));
  const run = (i: number, slowdown: number) => {
    const fromS = i * (durationS + betweenS) + betweenS;
    return simulatedRun(random, host, slowdown, [[fromS, fromS + durationS]]);
  };
  return {
    a: Array.from({ length: rounds }, (_, i) => run(i, 1)),
    b: Array.from({ length: rounds }, (_, i) => run(rounds + i, slowdownOfB)),
  };
}
