/** What finds shifts in a live series: ours, and what else is in use. All but the threshold and Page-Hinkley see logarithms. */
import { eDivisive } from "../../../src/measure/e-divisive.ts";
import { mannWhitney, median } from "../../../src/measure/index.ts";
import { LevelShift } from "../../../src/measure/level-shift.ts";

/** @returns whether the sample raised an alarm; after one, the rivals start anew */
export type Detect = (value: number) => boolean;

/** The share of a change that the rivals demand, where they can; half of what is looked for. */
const halfChange = 0.1;

export const ours = (): Detect => {
  const detector = new LevelShift();
  return (value) => detector.push(value)?.kind === "shifted";
};

/** Five in a row beyond 1.2 or 0.8 times the median of the first ten minutes, which is then never changed. */
export const threshold = (): Detect => {
  let first: number[] = [];
  let level: number | undefined;
  let above = 0;
  let below = 0;
  return (value) => {
    if (level === undefined) {
      first.push(value);
      if (first.length === 600) level = median(first);
      return false;
    }
    above = value > 1.2 * level ? above + 1 : 0;
    below = value < 0.8 * level ? below + 1 : 0;
    if (above < 5 && below < 5) return false;
    first = [];
    level = undefined;
    above = below = 0;
    return true;
  };
};

/** Tuned for the noise of 0.15 that the bar names: no other setting of it is known to hold for the rest. */
export const pageHinkley = (): Detect => {
  let n = 0;
  let mean = 0;
  let up = 0;
  let down = 0;
  return (value) => {
    n++;
    mean += (value - mean) / n;
    if (n < 60) return false;
    const off = value / mean - 1;
    up = Math.max(0, up + off - halfChange);
    down = Math.max(0, down - off - halfChange);
    if (up < 2 && down < 2) return false;
    n = mean = up = down = 0;
    return true;
  };
};

/** The last `recent` samples against the `before` ahead of them, every `every` samples. */
function windowed(
  before: number,
  recent: number,
  every: number,
  differ: (before: readonly number[], recent: readonly number[]) => boolean,
): Detect {
  let window: number[] = [];
  let since = 0;
  return (value) => {
    window.push(Math.log(value));
    if (window.length > before + recent) window.shift();
    if (window.length < before + recent || ++since < every) return false;
    since = 0;
    if (!differ(window.slice(0, before), window.slice(before))) return false;
    window = [];
    return true;
  };
}

const isLarge = (from: number, to: number): boolean => Math.abs(to - from) >= Math.log1p(halfChange);

export const windowedMannWhitney = (): Detect =>
  windowed(300, 30, 10, (before, recent) => {
    if (!isLarge(median(before), median(recent))) return false;
    return mannWhitney(before, recent).pValue < 1e-7;
  });

export const windowedT = (): Detect =>
  windowed(300, 30, 10, (before, recent) => {
    const [a, b] = [moments(before), moments(recent)];
    return isLarge(a.mean, b.mean) && Math.abs(a.mean - b.mean) / Math.sqrt(a.error + b.error) > 5.5;
  });

function moments(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: squares / (values.length - 1) / values.length };
}

/** Generalised likelihood ratio: any beginning within the last 200 samples, any size, against the 600 before. */
export const likelihoodRatio = (): Detect => {
  let window: number[] = [];
  return (value) => {
    window.push(Math.log(value));
    if (window.length > 800) window.shift();
    if (window.length < 800) return false;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < 600; i++) {
      sum += window[i]!;
      squares += window[i]! ** 2;
    }
    const mean = sum / 600;
    const variance = squares / 600 - mean ** 2;
    let since = 0;
    for (let n = 1; n <= 200; n++) {
      since += window[800 - n]! - mean;
      if (n < 5 || Math.abs(since / n) < Math.log1p(halfChange)) continue;
      if (since ** 2 / (2 * variance * n * (1 + n / 600)) < 17) continue;
      window = [];
      return true;
    }
    return false;
  };
};

/**
 * Bayesian online change-point detection, normal with unknown mean and variance, hazard 1 / 86,400, run lengths up to
 * 300; told when the likeliest run falls from over 120 to 10 … 60 with means apart.
 * @see Adams & MacKay, Bayesian Online Changepoint Detection (2007)
 */
export const bayesianOnline = (): Detect => {
  const most = 300;
  const hazard = 1 / 86_400;
  let weight = new Float64Array(most + 1);
  let mean = new Float64Array(most + 1);
  let beta = new Float64Array(most + 1);
  weight[0] = 1;
  const reset = (first: number): void => {
    mean.fill(first);
    beta.fill(0.02);
  };
  let started = false;
  let longest = 0;
  let level = 0;
  return (value) => {
    const x = Math.log(value);
    if (!started) reset(x);
    if (!started) level = x;
    started = true;
    const nextWeight = new Float64Array(most + 1);
    const nextMean = new Float64Array(most + 1);
    const nextBeta = new Float64Array(most + 1);
    nextMean[0] = level;
    nextBeta[0] = 0.02;
    let total = 0;
    for (let run = 0; run <= most; run++) {
      if (weight[run]! < 1e-12) continue;
      const kappa = 0.01 + run;
      const alpha = 1 + run / 2;
      const spread = (beta[run]! * (kappa + 1)) / (alpha * kappa);
      const distance = (x - mean[run]!) ** 2;
      // Student's density by Stirling: the constant is within 1 % from 2 degrees of freedom on.
      const density =
        (1 + distance / (2 * alpha * spread)) ** -(alpha + 0.5) /
        Math.sqrt(2 * Math.PI * spread * (1 + 0.25 / alpha));
      const grown = weight[run]! * density;
      const to = Math.min(most, run + 1);
      nextWeight[to]! += grown * (1 - hazard);
      nextWeight[0]! += grown * hazard;
      if (to > run || run === most) {
        nextMean[to] = (kappa * mean[run]! + x) / (kappa + 1);
        nextBeta[to] =
          run === most
            ? beta[run]! + ((kappa * distance) / (2 * (kappa + 1)) - beta[run]! / alpha)
            : beta[run]! + (kappa * distance) / (2 * (kappa + 1));
      }
      total += grown;
    }
    let likeliest = 0;
    for (let run = 0; run <= most; run++) {
      nextWeight[run]! /= total;
      if (nextWeight[run]! > nextWeight[likeliest]!) likeliest = run;
    }
    [weight, mean, beta] = [nextWeight, nextMean, nextBeta];
    longest = Math.max(longest, likeliest);
    if (likeliest === most || likeliest >= longest) level = mean[likeliest]!;
    if (longest < 120 || likeliest < 10 || likeliest > 60 || !isLarge(level, mean[likeliest]!)) return false;
    longest = likeliest;
    level = mean[likeliest]!;
    return true;
  };
};

/** E-divisive of the last 240 samples, run again every 20. */
export const slidingEDivisive = (): Detect => {
  let window: number[] = [];
  let since = 0;
  return (value) => {
    window.push(Math.log(value));
    if (window.length > 240) window.shift();
    if (window.length < 240 || ++since < 20) return false;
    since = 0;
    const points = eDivisive(window, { maxPValue: 1e-7 });
    if (!points.some(({ before, after }) => isLarge(before, after))) return false;
    window = [];
    return true;
  };
};
