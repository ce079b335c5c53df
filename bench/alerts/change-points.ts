/**
 * Which detector finds a change of level in live samples, one a second, soon and without crying wolf? Seeded series of
 * log-normal noise; a shift of ±20 % comes after an hour. `--full` takes ten times the days and shifts.
 * Bars (σ = 0.15): ≥ 95 % of 20 % shifts within 60 samples, ≤ 1 false alarm in 86,400 samples.
 */
import { AlertMonitor } from "../../src/alerts/index.ts";
import { eDivisive } from "../../src/measure/e-divisive.ts";
import { median, seededRandom } from "../../src/measure/index.ts";
import { ProportionShift, type ProportionShiftOptions } from "../../src/measure/proportion-shift.ts";
import { MetricRegistry } from "../../src/metrics/index.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { met, print } from "../figures.ts";
import * as detectors from "./arms/detectors.ts";
import { day, type SeriesShape, series } from "./arms/series.ts";

const times = process.argv.includes("--full") ? 10 : 1;
const hour = 3600;
/** Nobody waits longer. */
const patience = 1800;

const shapes: Readonly<Record<string, SeriesShape>> = {
  "σ 0.05": { sigma: 0.05 },
  "σ 0.15": { sigma: 0.15 },
  "σ 0.15, daily wave ±30 %": { sigma: 0.15, wave: 0.3 },
  "σ 0.15, 1 % spikes × 10": { sigma: 0.15, spikes: 0.01 },
  "σ 0.15, autocorrelation 0.5": { sigma: 0.15, correlation: 0.5 },
  "σ 0.15, autocorrelation 0.8": { sigma: 0.15, correlation: 0.8 },
  "σ 0.3": { sigma: 0.3 },
  "σ 0.3, daily wave ±30 %": { sigma: 0.3, wave: 0.3 },
  "σ 0.5": { sigma: 0.5 },
  "σ 0.5, daily wave ±30 %": { sigma: 0.5, wave: 0.3 },
};

interface Found {
  /** Per 86,400 samples. */
  readonly falseAlarms: number;
  /** Share within 60 samples, 0 to 1. */
  readonly inTime: number;
  /** Samples, of those found at all; ascending. */
  readonly delays: readonly number[];
  readonly cpuNs: number;
}

function judge(open: () => detectors.Detect, shape: SeriesShape, days: number, shifts: number): Found {
  let falseAlarms = 0;
  let cpuMs = 0;
  for (let seed = 1; seed <= days; seed++) {
    const values = series(shape, day, seed);
    const detect = open();
    const began = process.cpuUsage();
    for (const value of values) if (detect(value)) falseAlarms++;
    const { user, system } = process.cpuUsage(began);
    cpuMs += (user + system) / 1000;
  }
  const delays: number[] = [];
  for (let seed = 1; seed <= shifts; seed++) {
    const shift = seed % 2 === 0 ? 1.2 : 0.8;
    const values = series(shape, hour + patience, 10_000 + seed, hour, shift);
    const detect = open();
    for (const [i, value] of values.entries())
      if (detect(value) && i >= hour) {
        delays.push(i - hour + 1);
        break;
      }
  }
  delays.sort((a, b) => a - b);
  const inTime = delays.filter((delay) => delay <= 60).length / shifts;
  return { falseAlarms: falseAlarms / days, inTime, delays, cpuNs: (cpuMs * 1e6) / (days * day) };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const delayOf = ({ delays }: Found, q: number, shifts: number): string =>
  delays.length < q * shifts ? "–" : String(delays[Math.ceil(q * shifts) - 1]);

const headers = [
  "detector",
  "series",
  "false alarms a day",
  "in 60 samples",
  "delay p50",
  "p95",
  "CPU ns/sample",
];
function row(name: string, series: string, found: Found, shifts: number): string[] {
  const { falseAlarms, inTime, cpuNs } = found;
  const delays = [delayOf(found, 0.5, shifts), delayOf(found, 0.95, shifts)];
  return [name, series, falseAlarms.toFixed(2), percent(inTime), ...delays, cpuNs.toFixed(0)];
}

const ourDays = 40 * times;
const ourShifts = 200 * times;
const own = Object.entries(shapes).map(([name, shape]) => {
  return { name, found: judge(detectors.ours, shape, ourDays, ourShifts) };
});
const bars = own
  .filter(({ name }) => ["σ 0.05", "σ 0.15"].includes(name))
  .flatMap(({ name, found }) => [
    met(`${name}: ≥ 95 % within 60 samples`, found.inTime >= 0.95, percent(found.inTime)),
    met(`${name}: ≤ 1 false alarm a day`, found.falseAlarms <= 1, found.falseAlarms.toFixed(3)),
  ]);
const waves = own.filter(({ name }) => name.includes("wave"));
const worst = Math.max(...waves.map(({ found }) => found.falseAlarms));
bars.push(met("daily wave: ≤ 1 false alarm a day at any σ", worst <= 1, worst.toFixed(3)));
print(
  `LevelShift: ${ourDays} days, and ${ourShifts} shifts by ±20 %, of each kind`,
  headers,
  own.map(({ name, found }) => row("LevelShift", name, found, ourShifts)),
  bars,
  [],
);

const rivals = {
  "static threshold": detectors.threshold,
  "Page-Hinkley": detectors.pageHinkley,
  "Mann-Whitney in windows": detectors.windowedMannWhitney,
  "Welch's t in windows": detectors.windowedT,
  "likelihood ratio in a window": detectors.likelihoodRatio,
  "Bayesian online": detectors.bayesianOnline,
  "E-divisive, sliding": detectors.slidingEDivisive,
};
const rivalDays = 2 * times;
const rivalShifts = 20 * times;
const against = ["σ 0.15", "σ 0.15, daily wave ±30 %", "σ 0.15, autocorrelation 0.5", "σ 0.3"];
print(
  `Rivals: ${rivalDays} days, and ${rivalShifts} shifts`,
  headers,
  Object.entries(rivals).flatMap(([name, open]) =>
    against.map((shape) =>
      row(name, shape, judge(open, shapes[shape]!, rivalDays, rivalShifts), rivalShifts),
    ),
  ),
  [],
  [],
);

/** Offline: a whole series of 600 samples, its shift after 400. */
const offline = [0.05, 0.15, 0.3, 0.5].map((sigma) => {
  let exact = 0;
  let extra = 0;
  const off: number[] = [];
  const runs = 40 * times;
  for (let seed = 1; seed <= runs; seed++) {
    const values = Array.from(series({ sigma }, 600, seed, 400, seed % 2 === 0 ? 1.2 : 0.8));
    const points = eDivisive(values);
    const near = points.filter(({ index }) => Math.abs(index - 400) <= 20);
    if (near.length > 0) exact++;
    extra += points.length - Math.min(1, near.length);
    for (const { index } of near) off.push(Math.abs(index - 400));
  }
  const distance = off.length === 0 ? "–" : median(off).toFixed(1);
  return [`σ ${sigma}`, percent(exact / runs), distance, (extra / runs).toFixed(2)];
});
print(
  "E-divisive of a whole series: 600 samples, a shift by ±20 % after 400",
  ["series", "found within 20 samples of its place", "off by, median", "other points told, each series"],
  offline,
  [],
  [],
);

interface Rates {
  readonly trials: number;
  readonly from: number;
  readonly to: number;
  readonly options: ProportionShiftOptions;
}
const errors = { direction: "up", minChange: 1 } as const;
const hits = { direction: "down", minChange: 0.2, minDifference: 0.05 } as const;
const rates: readonly Rates[] = [
  { trials: 100, from: 0, to: 0.02, options: errors },
  { trials: 20, from: 0.01, to: 0.03, options: errors },
  { trials: 5, from: 0.001, to: 0.05, options: errors },
  { trials: 20, from: 0.9, to: 0.72, options: hits },
  { trials: 20, from: 0.5, to: 0.4, options: hits },
];
function binomial(trials: number, p: number, random: () => number): number {
  let count = 0;
  for (let i = 0; i < trials; i++) if (random() < p) count++;
  return count;
}
const proportionDays = 5 * times;
const proportionShifts = 50 * times;
const proportions = rates.map(({ trials, from, to, options }) => {
  let falseAlarms = 0;
  for (let seed = 1; seed <= proportionDays; seed++) {
    const random = seededRandom(seed);
    const detector = new ProportionShift(options);
    for (let i = 0; i < day; i++)
      if (detector.push(binomial(trials, from, random), trials)?.kind === "shifted") falseAlarms++;
  }
  const delays: number[] = [];
  for (let seed = 1; seed <= proportionShifts; seed++) {
    const random = seededRandom(10_000 + seed);
    const detector = new ProportionShift(options);
    for (let i = 0; i < hour; i++) detector.push(binomial(trials, from, random), trials);
    for (let i = 1; i <= patience; i++)
      if (detector.push(binomial(trials, to, random), trials)?.kind === "shifted") {
        delays.push(i);
        break;
      }
  }
  delays.sort((a, b) => a - b);
  const at = (q: number): string => String(delays[Math.ceil(q * proportionShifts) - 1] ?? "–");
  return [`${trials}`, `${from} → ${to}`, (falseAlarms / proportionDays).toFixed(2), at(0.5), at(0.95)];
});
print(
  `ProportionShift: ${proportionDays} days, and ${proportionShifts} shifts`,
  ["trials a sample", "proportion", "false alarms a day", "delay p50", "p95"],
  proportions,
  [],
  [],
);

/** What a monitor costs that watches so many latencies, of 50 events a second each: their median and 95th percentile. */
const costs: string[][] = [];
for (const histograms of [10, 100, 1000]) {
  const registry = new MetricRegistry();
  const instrument = registry.histogram("bench.duration", { unit: "s", labels: ["id"] });
  const handles = Array.from({ length: histograms }, (_, id) => instrument.bind({ id: String(id) }));
  const clock = new ManualClock();
  const monitor = new AlertMonitor({ registry, clock, degradation: true });
  const values = series({ sigma: 0.3 }, 50_000, 1);
  let next = 0;
  const looks = Math.ceil(20_000 / histograms);
  let cpuMs = 0;
  for (let look = 0; look < looks + 20; look++) {
    for (const handle of handles)
      for (let i = 0; i < 50; i++) handle.record(values[next++ % values.length]! / 1000);
    const began = process.cpuUsage();
    clock.pass(1000);
    const { user, system } = process.cpuUsage(began);
    if (look >= 20) cpuMs += (user + system) / 1000;
  }
  await monitor.close();
  const perLook = cpuMs / looks;
  costs.push([`${histograms}`, perLook.toFixed(2), `${(perLook / 10).toFixed(2)} %`]);
}
print("A look of AlertMonitor", ["histograms", "CPU ms", "of one core at 1 s"], costs, [], []);
