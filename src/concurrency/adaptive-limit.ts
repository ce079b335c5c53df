import { checkSample, type Limit, type LimitBounds, type LimitSample, resolveBounds } from "./limit.ts";
import { SampleRound } from "./sample-round.ts";

const fewestSamples = 8;
const longestTrial = 8;
const worthwhile = 0.2;
const sure = 1;
const upEvery = 3;
const downEvery = 16;
const queued = 1.6;
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
  #isLost = false;
  #alarm: "losses" | "slower" | "faster" | undefined;
  /** Mean round trip when fewer in flight meant fewer answers, so that nothing queued. */
  #unqueuedMs = Number.POSITIVE_INFINITY;
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
    if (this.#current !== this.#base) {
      const isUp = this.#current > this.#base;
      if (isUp && dropped && round.count >= fewestSamples && round.lossRate > 0.5) this.#giveUp(inFlight);
      else if (round.count % Math.max(isUp ? fewestSamples : 2 * fewestSamples, this.#current >> 1) === 0)
        this.#judge(inFlight);
    } else if (round.count >= Math.max(fewestSamples, this.#current)) this.#endHeldRound(inFlight);
    return this.#current;
  }

  #retreat(inFlight: number): void {
    this.#base = this.#bounded(Math.floor(Math.min(inFlight, this.#current) * 0.6));
    this.#held.clear();
    this.#rounds = 0;
    this.#downIn = 1;
    this.#isLost = true;
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
    const alarm = this.#alarmOf(round, held);
    const isConfirmed = alarm !== undefined && alarm === this.#alarm;
    this.#alarm = isConfirmed ? undefined : alarm;
    if (isConfirmed) {
      if (alarm === "losses") this.#retreat(inFlight);
      else {
        held.clear();
        held.merge(round);
        this.#isLost = true;
        this.#try(alarm === "slower" ? "down" : "up", inFlight);
      }
      return;
    }
    if (alarm !== undefined) {
      round.clear();
      return;
    }
    held.merge(round);
    if (held.count > 8 * Math.max(fewestSamples, limit)) held.fade();
    this.#rounds++;
    this.#downIn -= held.rttMs > queued * this.#unqueuedMs ? downEvery / 2 : 1;
    if (this.#downIn <= 0 && limit > this.#minLimit) this.#try("down", inFlight);
    else if (this.#rounds >= upEvery) this.#try("up", inFlight);
    else round.clear();
  }

  #alarmOf(round: SampleRound, held: SampleRound): "losses" | "slower" | "faster" | undefined {
    if (round.lossRate > 0.5) return "losses";
    if (held.count === 0) return undefined;
    const change = Math.log(round.rttMs / held.rttMs);
    if (Math.abs(change) < 0.25 || Math.abs(change) < 3 * Math.hypot(round.error, held.error))
      return undefined;
    return change > 0 ? "slower" : "faster";
  }

  #try(direction: "up" | "down", inFlight: number): void {
    this.#rounds = 0;
    if (direction === "down") this.#downIn = this.#downEvery;
    const limit = this.#base;
    if (direction !== this.#lastTrial) {
      this.#streak = 0;
      this.#step = direction === "up" && this.#isLost ? largestStep : smallestStep;
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
    if (this.#isLost) {
      if (this.#lastTrial === "down") this.#rounds = upEvery;
      else this.#isLost = false;
    }
    if (this.#lastTrial === "down") {
      this.#unqueuedMs = this.#round.rttMs;
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
