import { finite, integer, knownKeys, oneOf } from "../options.ts";
import type { OpenShift, ShiftDirection, ShiftEvent } from "./shift.ts";

export interface ProportionShiftOptions {
  /** Which way counts as a shift; the other way the baseline follows. @default "both" */
  readonly direction?: ShiftDirection | "both" | undefined;
  /** Smallest change worth telling as a share of the baseline, 0.01 to 10: 1 is a doubling. @default 0.2 */
  readonly minChange?: number | undefined;
  /** Smallest change worth telling as a difference, 0.0001 to 0.5; the larger of the two counts. @default 0.01 */
  readonly minDifference?: number | undefined;
  /** Samples from one false alarm to the next, at least, on independent trials, 1000 to 1e12. @default 10_000_000 */
  readonly falseAlarmSamples?: number | undefined;
  /** How many samples back the baseline reaches, as time constant, 60 to 100_000. @default 600 */
  readonly memorySamples?: number | undefined;
  /** Samples looked at before the first judgement, 20 to 1000; more are taken while they say too little. @default 60 */
  readonly warmupSamples?: number | undefined;
  /** A shift that lasted for so many samples is taken as the new baseline, ≥ 1. @default 3600 */
  readonly acceptSamples?: number | undefined;
}

export const proportionShiftDefaults = Object.freeze({
  direction: "both" as const,
  minChange: 0.2,
  minDifference: 0.01,
  falseAlarmSamples: 10_000_000,
  memorySamples: 600,
  warmupSamples: 60,
  acceptSamples: 3600,
});

/** No sample counts for more than this share of the limit: one burst of errors is no shift. */
const largestStep = 1 / 5;
/** Judgement begins when the baseline's standard error is at most this share of the change. */
const readyError = 1 / 10;
/** Held-back samples join the baseline at the latest after so many memories. */
const longestHold = 0.5;
/** A return needs this share of the evidence that a shift needs: its error costs less. */
const returnShare = 0.6;
/** A baseline nearer to 0 or 1 than this share of the change is taken to be there: its first errors are no surprise. */
const nearest = 0.1;

interface Excursion {
  score: number;
  n: number;
  hits: number;
  trials: number;
}
const restarted = (): Excursion => ({ score: 0, n: 0, hits: 0, trials: 0 });

/**
 * Tells, sample by sample, when a proportion (error rate, hit rate) has shifted.
 * CUSUM of the binomial's log-likelihood ratio: S ← max(0, S + (k log(p₁ / p₀) + (n − k) log((1 − p₁) / (1 − p₀))) / φ),
 * told at S ≥ log(falseAlarmSamples); p₀ is the baseline, p₁ the smallest change worth telling, φ ≥ 1 how much more the
 * samples vary than trials of one probability would (their autocorrelation of lag 1 included).
 * Samples since a CUSUM last was 0 join the baseline only once it is 0 again.
 * Constant memory (below 1 kB) and time.
 * @see Page, Continuous Inspection Schemes (1954), Biometrika 41, for the inequality: once in e^limit samples or rarer
 */
export class ProportionShift {
  readonly #directions: readonly ShiftDirection[];
  readonly #minChange: number;
  readonly #minDifference: number;
  readonly #limit: number;
  readonly #memory: number;
  readonly #warmup: number;
  readonly #accept: number;

  #seen = 0;
  #skipped = 0;
  #ready = false;
  /** Per sample, of the baseline. */
  #hits = 0;
  #trials = 0;
  #dispersion = 1;
  #correlation = 0;
  #previous = 0;
  #held = { n: 0, hits: 0, trials: 0, squares: 0, products: 0 };
  #up = restarted();
  #down = restarted();
  #shift:
    | { readonly direction: ShiftDirection; samples: number; hits: number; trials: number; back: number }
    | undefined;

  /** @throws {TypeError | RangeError} when an option is unknown or out of its bounds */
  constructor(options: ProportionShiftOptions = {}) {
    knownKeys("ProportionShift", options, Object.keys(proportionShiftDefaults));
    const given = <K extends keyof typeof proportionShiftDefaults>(key: K) =>
      options[key] ?? proportionShiftDefaults[key];
    const direction = oneOf("direction", given("direction"), ["up", "down", "both"]);
    this.#directions = direction === "both" ? ["up", "down"] : [direction];
    this.#minChange = finite("minChange", given("minChange"), 0.01, 10);
    this.#minDifference = finite("minDifference", given("minDifference"), 0.0001, 0.5);
    this.#limit = Math.log(
      finite("falseAlarmSamples", given("falseAlarmSamples"), 1000, 1e12) * this.#directions.length,
    );
    this.#memory = integer("memorySamples", given("memorySamples"), 60, 100_000);
    this.#warmup = integer("warmupSamples", given("warmupSamples"), 20, 1000);
    this.#accept = integer("acceptSamples", given("acceptSamples"), 1);
  }

  /** The baseline, 0 to 1; `undefined` before any trial. */
  get baseline(): number | undefined {
    return this.#seen === 0 ? undefined : this.#hits / this.#trials;
  }
  /** Whether it judges already. */
  get ready(): boolean {
    return this.#ready;
  }
  /** Samples left out, because they had no trials or were not counts. */
  get skipped(): number {
    return this.#skipped;
  }
  /** The shift that has not come back yet. */
  get shifted(): OpenShift | undefined {
    const shift = this.#shift;
    if (!shift) return undefined;
    const { direction, samples, hits, trials } = shift;
    return { direction, samples, before: this.#hits / this.#trials, after: hits / trials };
  }

  /**
   * @param hits of those trials, 0 to `trials`
   * @param trials ≥ 0, finite; a sample without any is left out and counted in `skipped`
   */
  push(hits: number, trials: number): ShiftEvent | undefined {
    if (!(hits >= 0 && hits <= trials && trials > 0 && trials < Number.POSITIVE_INFINITY)) {
      this.#skipped++;
      return undefined;
    }
    if (this.#shift) return this.#watchReturn(this.#shift, hits, trials);
    this.#hold(hits, trials);
    if (!this.#ready) {
      this.#learn();
      return undefined;
    }
    let quiet = true;
    for (const direction of this.#directions) {
      const excursion = direction === "up" ? this.#up : this.#down;
      const score = excursion.score + this.#evidence(direction, hits, trials);
      if (score <= 0) {
        if (excursion.n > 0) Object.assign(excursion, restarted());
        continue;
      }
      quiet = false;
      excursion.score = score;
      excursion.n++;
      excursion.hits += hits;
      excursion.trials += trials;
      if (score >= this.#limit * (1 - 1e-12)) {
        const { n, hits: since, trials: of } = excursion;
        this.#shift = { direction, samples: n, hits: since / n, trials: of / n, back: 0 };
        return { kind: "shifted", ...this.shifted! };
      }
    }
    if (quiet || this.#held.n >= longestHold * this.#memory) this.#learn();
    return undefined;
  }

  /** Log-likelihood ratio of "shifted that way" to "not". */
  #evidence(direction: ShiftDirection, hits: number, trials: number): number {
    const { base, changed } = this.#hypotheses(direction);
    const ratio = hits * Math.log(changed / base) + (trials - hits) * Math.log((1 - changed) / (1 - base));
    const { spread } = this;
    const most = largestStep * this.#limit;
    return Math.max(-most, Math.min(most, ratio / spread));
  }

  /** How much more the samples vary than trials of one probability would, ≥ 1. */
  get spread(): number {
    const correlation = Math.max(0, Math.min(0.9, this.#correlation / this.#dispersion || 0));
    return Math.max(1, (this.#dispersion * (1 + correlation)) / (1 - correlation));
  }

  #hypotheses(direction: ShiftDirection): { readonly base: number; readonly changed: number } {
    const given = this.#hits / this.#trials;
    const change = Math.max(this.#minDifference, this.#minChange * given);
    const least = nearest * this.#minDifference;
    const base = Math.max(least, Math.min(1 - least, given));
    const changed = direction === "up" ? base + change : base - change;
    return { base, changed: Math.max(least / 2, Math.min(1 - least / 2, changed)) };
  }

  #hold(hits: number, trials: number): void {
    const held = this.#held;
    held.n++;
    held.hits += hits;
    held.trials += trials;
    const p = this.#seen === 0 ? hits / trials : this.#hits / this.#trials;
    const least = nearest * this.#minDifference;
    const base = Math.max(least, Math.min(1 - least, p));
    const z = (hits - trials * p) / Math.sqrt(trials * base * (1 - base));
    const residual = Math.max(-4, Math.min(4, z));
    held.squares += residual * residual;
    held.products += residual * this.#previous;
    this.#previous = residual;
  }

  #learn(): void {
    const { n, hits, trials, squares, products } = this.#held;
    this.#seen += n;
    const share = n / Math.min(this.#seen, this.#memory + n);
    const slow = n / Math.min(this.#seen, 3 * this.#memory + n);
    this.#hits += share * (hits / n - this.#hits);
    this.#trials += share * (trials / n - this.#trials);
    this.#dispersion += slow * (squares / n - this.#dispersion);
    this.#correlation += slow * (products / n - this.#correlation);
    this.#held = { n: 0, hits: 0, trials: 0, squares: 0, products: 0 };
    if (this.#ready || this.#seen < this.#warmup) return;
    const { base } = this.#hypotheses("up");
    const known = Math.min(this.#seen, 2 * this.#memory) * this.#trials;
    const error = Math.sqrt((this.spread * base * (1 - base)) / known);
    // Of too few trials for the change asked, the fullest memory has to do.
    const full = this.#seen >= 2 * this.#memory;
    this.#ready = full || error <= readyError * Math.max(this.#minDifference, this.#minChange * base);
  }

  #watchReturn(
    shift: {
      readonly direction: ShiftDirection;
      samples: number;
      hits: number;
      trials: number;
      back: number;
    },
    hits: number,
    trials: number,
  ): ShiftEvent | undefined {
    shift.samples++;
    const share = 1 / Math.min(shift.samples, 60);
    shift.hits += share * (hits - shift.hits);
    shift.trials += share * (trials - shift.trials);
    shift.back = Math.max(0, shift.back - this.#evidence(shift.direction, hits, trials));
    if (shift.back >= returnShare * this.#limit) return this.#end("returned");
    return shift.samples >= this.#accept ? this.#end("accepted") : undefined;
  }

  #end(kind: "returned" | "accepted"): ShiftEvent {
    const event: ShiftEvent = { kind, ...this.shifted! };
    if (kind === "accepted") {
      // The baseline is learned anew.
      this.#seen = 0;
      this.#ready = false;
      this.#hits = 0;
      this.#trials = 0;
      this.#dispersion = 1;
      this.#correlation = 0;
    }
    this.#shift = undefined;
    this.#held = { n: 0, hits: 0, trials: 0, squares: 0, products: 0 };
    this.#up = restarted();
    this.#down = restarted();
    return event;
  }
}
