import { finite, integer, knownKeys, oneOf } from "../options.ts";
import { quantileOfSorted } from "./order-statistics.ts";
import { type OpenShift, type ShiftDirection, type ShiftEvent, scoreLimit } from "./shift.ts";

export interface LevelShiftOptions {
  /** Which way counts as a shift; the other way the baseline follows. @default "both" */
  readonly direction?: ShiftDirection | "both" | undefined;
  /** Smallest relative change worth telling, 0.01 to 10: 0.2 is a rise by 20 %. @default 0.2 */
  readonly minChange?: number | undefined;
  /** Samples from one false alarm to the next on independent noise, 1000 to 1e12. @default 10_000_000 */
  readonly falseAlarmSamples?: number | undefined;
  /** How many samples back the baseline reaches, as time constant, 60 to 100_000. @default 600 */
  readonly memorySamples?: number | undefined;
  /** Samples looked at before the first judgement, 20 to 1000; more are taken when they are noisy. @default 60 */
  readonly warmupSamples?: number | undefined;
  /** A shift that lasted for so many samples is taken as the new baseline, ≥ 1. @default 3600 */
  readonly acceptSamples?: number | undefined;
}

export const levelShiftDefaults = Object.freeze({
  direction: "both" as const,
  minChange: 0.2,
  falseAlarmSamples: 10_000_000,
  memorySamples: 600,
  warmupSamples: 60,
  acceptSamples: 3600,
});

/** Residuals beyond so many scales count as that many: one wild sample proves nothing. */
const clipScales = 3;
/** The logarithm of 0, as it were: far below any level, and yet a number. */
const farthestBelow = -20;
/** The scale is at least `change / this`, so that on a calm series a single odd sample is no shift either. */
const calmest = 1.25;
/** The change looked for is at least this × scale: a smaller one is not told from noise within a few hundred samples. */
const noisiest = 0.3;
/** Judgement begins when the baseline's standard error is at most this × change. */
const readyError = 1 / 10;
/** Held-back samples join the baseline at the latest after so many memories. */
const longestHold = 0.5;
/** A return needs this share of the evidence that a shift needs: its error costs less. */
const returnShare = 0.6;

/**
 * Tells, sample by sample, when the level of a positive series has shifted by at least `minChange`.
 * Two CUSUMs on logarithms: S ← max(0, S + c / s² × (±r − c / 2)), c = log(1 + minChange), r the distance of log(sample)
 * from the baseline, s² the noise's long-run variance (with its autocorrelation of lag 1); a shift is told at S ≥ h,
 * with h from Siegmund's formula for `falseAlarmSamples`. c grows with the noise where that is above 3.3 c.
 *
 * The baseline is a moving mean that follows slow waves. Samples since a CUSUM last was 0 may belong to a shift:
 * they join the baseline only once it is 0 again.
 * Memory is constant, some 1 kB; a sample takes constant time. Not for series that are often 0: see `ProportionShift`.
 * @see Page, Continuous Inspection Schemes (1954)
 */
export class LevelShift {
  readonly #directions: readonly ShiftDirection[];
  readonly #minChange: number;
  readonly #falseAlarmSamples: number;
  readonly #memory: number;
  readonly #accept: number;
  #warmup: number[] | undefined = [];
  readonly #warmupSamples: number;

  #seen = 0;
  #skipped = 0;
  /** Mean of logarithms. */
  #level = Number.NaN;
  #variance = 0;
  #covariance = 0;
  #previous = 0;
  readonly #held = { n: 0, sum: 0, squares: 0, products: 0 };

  #change = 0;
  #scale = 0;
  #limit = 0;
  /** How much less sure the baseline is than it will be once its memory is full. */
  #doubt = 0;
  readonly #up: Excursion = { score: 0, n: 0, sum: 0 };
  readonly #down: Excursion = { score: 0, n: 0, sum: 0 };

  #shift: { readonly direction: ShiftDirection; samples: number; level: number; back: number } | undefined;

  /** @throws {TypeError | RangeError} when an option is unknown or out of its bounds */
  constructor(options: LevelShiftOptions = {}) {
    knownKeys("LevelShift", options, Object.keys(levelShiftDefaults));
    const given = <K extends keyof typeof levelShiftDefaults>(key: K) =>
      options[key] ?? levelShiftDefaults[key];
    const direction = oneOf("direction", given("direction"), ["up", "down", "both"]);
    this.#directions = direction === "both" ? ["up", "down"] : [direction];
    this.#minChange = Math.log1p(finite("minChange", given("minChange"), 0.01, 10));
    this.#falseAlarmSamples = finite("falseAlarmSamples", given("falseAlarmSamples"), 1000, 1e12);
    this.#memory = integer("memorySamples", given("memorySamples"), 60, 100_000);
    this.#warmupSamples = integer("warmupSamples", given("warmupSamples"), 20, 1000);
    this.#accept = integer("acceptSamples", given("acceptSamples"), 1);
  }

  /** The baseline, in the unit of the samples; `undefined` during warm-up. */
  get baseline(): number | undefined {
    return this.#warmup ? undefined : Math.exp(this.#level);
  }
  /** The noise's standard deviation as a share of the level, autocorrelation included; `undefined` during warm-up. */
  get noise(): number | undefined {
    return this.#warmup ? undefined : this.#longRun();
  }
  /** The relative change that it looks for now: `minChange`, or more in much noise; `undefined` before it judges. */
  get detectable(): number | undefined {
    return this.ready ? Math.expm1(this.#change) : undefined;
  }
  /** Whether it judges already. */
  get ready(): boolean {
    return this.#limit > 0;
  }
  /** Samples left out, because they were NaN, infinite, negative, or 0 during warm-up. */
  get skipped(): number {
    return this.#skipped;
  }
  /** The shift that has not come back yet. */
  get shifted(): OpenShift | undefined {
    const shift = this.#shift;
    if (!shift) return undefined;
    const { direction, samples, level } = shift;
    return { direction, samples, before: Math.exp(this.#level), after: Math.exp(level) };
  }

  /** @param value finite, ≥ 0; anything else is left out and counted in `skipped` */
  push(value: number): ShiftEvent | undefined {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY) || (value === 0 && this.#warmup)) {
      this.#skipped++;
      return undefined;
    }
    const log = Math.log(value);
    if (this.#warmup) {
      this.#warmUp(this.#warmup, log);
      return undefined;
    }
    const widest = clipScales * this.#scale;
    const distance = Math.max(farthestBelow, log - this.#level);
    const residual = Math.max(-widest, Math.min(widest, distance));
    if (this.#shift) return this.#watchReturn(residual, distance);

    const held = this.#held;
    held.n++;
    held.sum += residual;
    held.squares += residual * residual;
    held.products += residual * this.#previous;
    this.#previous = residual;
    if (!this.ready) {
      this.#learn();
      return undefined;
    }
    let quiet = true;
    for (const direction of this.#directions) {
      const excursion = direction === "up" ? this.#up : this.#down;
      this.#score(excursion, direction === "up" ? residual : -residual, distance);
      if (excursion.score >= this.#limit) return this.#begin(direction, excursion);
      if (excursion.score > 0) quiet = false;
    }
    if (quiet || held.n >= longestHold * this.#memory) this.#learn();
    return undefined;
  }

  #score(excursion: Excursion, residual: number, distance: number): void {
    const { score } = excursion;
    const next = score + (this.#change / this.#scale ** 2) * (residual - this.#change / 2 - this.#doubt);
    if (next <= 0) {
      excursion.score = 0;
      excursion.n = 0;
      excursion.sum = 0;
      return;
    }
    excursion.score = next;
    excursion.n++;
    excursion.sum += distance;
  }

  #begin(direction: ShiftDirection, { n, sum }: Excursion): ShiftEvent {
    this.#shift = { direction, samples: n, level: this.#level + sum / n, back: 0 };
    return { kind: "shifted", ...this.shifted! };
  }

  #watchReturn(residual: number, distance: number): ShiftEvent | undefined {
    const shift = this.#shift!;
    shift.samples++;
    shift.level += (this.#level + distance - shift.level) / Math.min(shift.samples, 60);
    const away = shift.direction === "up" ? residual : -residual;
    shift.back = Math.max(0, shift.back + (this.#change / this.#scale ** 2) * (this.#change / 2 - away));
    if (shift.back >= returnShare * this.#limit) return this.#end("returned");
    return shift.samples >= this.#accept ? this.#end("accepted") : undefined;
  }

  #end(kind: "returned" | "accepted"): ShiftEvent {
    const event: ShiftEvent = { kind, ...this.shifted! };
    if (kind === "accepted") this.#restart();
    this.#shift = undefined;
    Object.assign(this.#held, { n: 0, sum: 0, squares: 0, products: 0 });
    Object.assign(this.#up, { score: 0, n: 0, sum: 0 });
    Object.assign(this.#down, { score: 0, n: 0, sum: 0 });
    return event;
  }

  /** A new baseline, and perhaps another noise: both are learned from the start. */
  #restart(): void {
    this.#warmup = [];
    this.#limit = 0;
  }

  #warmUp(samples: number[], log: number): void {
    samples.push(log);
    if (samples.length < this.#warmupSamples) return;
    this.#warmup = undefined;
    // By median and median distance, so that some wild first samples don't spoil the start.
    this.#level = middle(samples);
    const scale = 1.4826 * middle(samples.map((sample) => Math.abs(sample - this.#level)));
    this.#variance = scale ** 2;
    const widest = clipScales * Math.max(scale, this.#minChange / calmest);
    const clipped = samples.map((x) => Math.max(-widest, Math.min(widest, x - this.#level)));
    this.#covariance =
      clipped.reduce((sum, x, i) => sum + (i === 0 ? 0 : x * clipped[i - 1]!), 0) / samples.length;
    this.#seen = samples.length;
    this.#previous = clipped.at(-1)!;
    this.#judge();
  }

  /** Takes what was held back into the baseline. */
  #learn(): void {
    const { n, sum, squares, products } = this.#held;
    this.#seen += n;
    const share = n / Math.min(this.#seen, this.#memory + n);
    // The noise is learned over a longer time than the level: an error in it moves the rate of false alarms most.
    const slow = n / Math.min(this.#seen, 3 * this.#memory + n);
    this.#level += (share * sum) / n;
    this.#variance += slow * (squares / n - this.#variance);
    this.#covariance += slow * (products / n - this.#covariance);
    Object.assign(this.#held, { n: 0, sum: 0, squares: 0, products: 0 });
    this.#judge();
  }

  #longRun(): number {
    const correlation = Math.max(0, Math.min(0.9, this.#covariance / this.#variance || 0));
    return Math.sqrt((this.#variance * (1 + correlation)) / (1 - correlation));
  }

  /** Sets what the next sample is judged by. */
  #judge(): void {
    const noise = this.#longRun();
    // A moving mean of time constant m is as sure as a plain mean of 2 m.
    const full = 2 * this.#memory;
    const leastError = noise / Math.sqrt(full);
    const error = noise / Math.sqrt(Math.min(this.#seen, full));
    this.#change = Math.max(this.#minChange, noisiest * noise, leastError / readyError);
    this.#scale = Math.max(noise, this.#change / calmest);
    this.#doubt = error - leastError;
    if (!this.ready && error > readyError * this.#change * (1 + 1e-9)) return;
    this.#limit = scoreLimit(this.#change / this.#scale, this.#falseAlarmSamples * this.#directions.length);
  }
}

/** A CUSUM, with how long it has been above 0 and what came in that time. */
interface Excursion {
  score: number;
  n: number;
  sum: number;
}

function middle(values: readonly number[]): number {
  return quantileOfSorted(Float64Array.from(values).sort(), 0.5);
}
