import { checkSample, type Limit, type LimitBounds, type LimitSample, resolveBounds } from "./limit.ts";
import { SampleRound } from "./sample-round.ts";

const fewestSamples = 16;
const longestTrial = 4;
const worthwhile = 0.2;
const sure = 1;
const upEvery = 4;
const downEvery = 16;
const smallestStep = 1.25;
const largestStep = 2;

export class AdaptiveLimit implements Limit {
  readonly #minLimit: number;
  readonly #maxLimit: number;
  #current: number;
  /** The limit that a trial is compared with; equal to `current` while nothing is tried. */
  #base: number;
  #step = largestStep;
  #streak = 0;
  /** Samples that still tell of the limit before. */
  #skip = 0;
  readonly #round = new SampleRound();
  readonly #held = new SampleRound();
  #rounds = 0;
  #lastTrial: "up" | "down" = "down";
  #downEvery = downEvery;
  #downIn = downEvery;

  constructor(options: LimitBounds = {}) {
    const { initialLimit, minLimit, maxLimit } = resolveBounds("AdaptiveLimit", options);
    this.#minLimit = minLimit;
    this.#maxLimit = maxLimit;
    this.#current = initialLimit;
    this.#base = initialLimit;
    this.#rounds = upEvery;
  }

  get current(): number {
    return this.#current;
  }

  update(sample: LimitSample): number {
    checkSample(sample);
    const { rttMs, inFlight, dropped } = sample;
    if (this.#skip > 0) {
      this.#skip--;
      return this.#current;
    }
    const round = this.#round;
    round.add(rttMs, inFlight, dropped);
    if (dropped && round.count >= 8 && round.lossRate > 0.5) {
      if (this.#current > this.#base) this.#giveUp(inFlight);
      else this.#retreat(inFlight);
    } else if (this.#current !== this.#base) {
      if (round.count % fewestSamples === 0) this.#judge(inFlight);
    } else if (round.count >= Math.max(fewestSamples, this.#current)) this.#endHeldRound(inFlight);
    return this.#current;
  }

  #retreat(inFlight: number): void {
    this.#base = this.#bounded(Math.floor(Math.min(inFlight, this.#current) * 0.6));
    this.#held.clear();
    this.#rounds = 0;
    this.#downIn = 1;
    this.#lastTrial = "up";
    this.#step = 1.5;
    this.#set(this.#base, inFlight);
  }

  #endHeldRound(inFlight: number): void {
    const round = this.#round;
    const held = this.#held;
    const limit = this.#current;
    if (round.inFlight < 0.75 * limit) {
      // Demand is what limits it.
      round.clear();
      held.clear();
      return;
    }
    if (held.count > 0) {
      const change = Math.log(round.rttMs / held.rttMs);
      if (Math.abs(change) > 0.25 && Math.abs(change) > 3 * Math.hypot(round.error, held.error)) {
        held.clear();
        held.merge(round);
        this.#try(change > 0 ? "down" : "up", inFlight);
        return;
      }
    }
    held.merge(round);
    if (held.count > 8 * Math.max(fewestSamples, limit)) held.fade();
    this.#rounds++;
    this.#downIn--;
    if (this.#downIn <= 0) this.#try("down", inFlight);
    else if (this.#rounds >= upEvery) this.#try("up", inFlight);
    else round.clear();
  }

  #try(direction: "up" | "down", inFlight: number): void {
    this.#rounds = 0;
    if (direction === "down") this.#downIn = this.#downEvery;
    const limit = this.#base;
    if (direction !== this.#lastTrial) {
      this.#streak = 0;
      if (direction === "down") this.#step = smallestStep;
    }
    const next = this.#bounded(
      direction === "up" ? Math.ceil(limit * this.#step) : Math.floor(limit / this.#step),
    );
    this.#lastTrial = direction;
    this.#set(next, inFlight);
  }

  #judge(inFlight: number): void {
    const round = this.#round;
    const held = this.#held;
    const isUp = this.#current > this.#base;
    const spread = Math.log(round.inFlight / held.inFlight);
    const far = Math.abs(Math.log(this.#current / this.#base));
    if (Math.abs(spread) < far / 3) {
      this.#giveUp(inFlight);
      return;
    }
    const gain = Math.log(Math.max(1e-9, round.goodput) / Math.max(1e-9, held.goodput)) / spread;
    const error = Math.hypot(round.error, held.error) / Math.abs(spread);
    const isSure = Math.abs(gain - worthwhile) > sure * error;
    if (!isSure && round.count < longestTrial * Math.max(fewestSamples, this.#current)) return;
    if (gain > worthwhile === isUp) this.#accept(inFlight, isUp ? gain > 0.6 : gain < 0);
    else this.#giveUp(inFlight);
  }

  #accept(inFlight: number, isClear: boolean): void {
    const direction = this.#lastTrial;
    this.#downEvery = downEvery;
    this.#base = this.#current;
    this.#held.clear();
    this.#held.merge(this.#round);
    this.#streak = isClear ? this.#streak + 1 : 0;
    if (this.#streak >= 2) this.#step = Math.min(largestStep, this.#step * this.#step);
    this.#round.clear();
    this.#try(direction, inFlight);
  }

  #giveUp(inFlight: number): void {
    this.#step = Math.max(smallestStep, Math.sqrt(this.#step));
    this.#streak = 0;
    if (this.#lastTrial === "down") {
      this.#downEvery = Math.min(128, 2 * this.#downEvery);
      this.#downIn = this.#downEvery;
    }
    this.#set(this.#base, inFlight);
  }

  #set(limit: number, inFlight: number): void {
    if (limit !== this.#current) this.#skip = Math.ceil(Math.max(inFlight, limit));
    this.#current = limit;
    this.#round.clear();
  }

  #bounded(limit: number): number {
    return Math.min(this.#maxLimit, Math.max(this.#minLimit, limit));
  }
}
