import { checkSample, type Limit, type LimitBounds, type LimitSample, resolveBounds } from "./limit.ts";
import { SampleRound } from "./sample-round.ts";

/** Where it starts unless told otherwise: low, for it doubles fast, and a small service is flooded by more. */
const start = 6;
/** A round has as many samples as the limit, and at least so many. */
const fewestSamples = 8;
/** Rounds after which a trial is judged, however unsure that is. */
const longestTrial = 8;
/** Share of the added requests in flight that must come out as added goodput, for more of them to be worth it. */
const worthwhile = 0.2;
/** From this share on a direction is clearly right, and the steps get longer. */
const clear = 0.6;
/** A trial is judged once its gain is so many standard errors away from `worthwhile`. */
const sure = 1.6;
/** Rounds between trials upwards, which cost only time in the service's queue. */
const upEvery = 3;
/** Rounds between trials downwards, which may cost goodput: doubled, up to the last, each time that it did. */
const downEvery = 16;
const downEveryAtMost = 128;
/** Requests that may queue in the service before a trial downwards is worth its risk. */
const slack = 3;
/** A round trip so many times as long as without a queue calls for a trial downwards sooner. */
const queued = 1.6;
/** Factors by which a trial changes the limit. */
const smallestStep = 1.25;
const largestStep = 2;
/** Below this share of the limit in flight, demand is what limits it, and nothing is tried. */
const busy = 0.75;
/** What remains of the limit when more than half of a round was lost. */
const retreat = 0.6;

/** What is no chance when two rounds in a row say it: one stall hits all that are in flight together. */
type Alarm = "losses" | "slower" | "faster";

/**
 * Finds by trials where more requests in flight no longer mean more answers: the default, which needs no tuning.
 *
 * By Little's law, goodput = in flight / rttMs × (1 − loss rate). A trial changes the limit by a factor of 1.25 to 2,
 * lets pass what was in flight before, and compares:
 * ```
 * gain = ln(goodput′ / goodput) / ln(in flight′ / in flight)      0: the rest only queues, 1: all of it is served
 * up:    gain > 0.2  → keep it and try further up,    else go back
 * down:  gain ≤ 0.2  → keep it and try further down,  else go back
 * ```
 * A trial takes as many samples as the spread of its round trips asks for, up to 8 rounds. States:
 * - *hold*: collects rounds, then tries up (every 3 rounds) or down (every 16, to 128 where that cost goodput; sooner while
 *   round trips say that there is a queue). Two rounds in a row that are much slower or faster call for a trial
 *   at once.
 * - *trial*, up or down; steps double in a direction that is clearly right, as when a service grows or at the start.
 * - *retreat*: two rounds with most requests lost cut the limit to 60 %.
 *
 * No round-trip time is taken for the service's own for good: that is what makes limits by the shortest round trip starve
 * a service whose times vary or that has become slower, and limits by a long-term mean drift up with a queue that is always
 * there. Nothing is tried while less than 75 % of the limit is in flight, so that it doesn't grow without demand.
 * @see https://doi.org/10.1287/opre.9.3.383 (Little)
 * @see https://www.usenix.org/conference/nsdi15/technical-sessions/presentation/dong (PCC: trials instead of assumptions)
 */
export class AdaptiveLimit implements Limit {
  readonly #minLimit: number;
  readonly #maxLimit: number;
  #current: number;
  /** The limit that a trial is compared with; equal to `current` while nothing is tried. */
  #base: number;
  /** Samples that still tell of the limit before. */
  #skip = 0;
  readonly #round = new SampleRound();
  /** All rounds at the base since that or the service changed. */
  readonly #held = new SampleRound();
  #alarm: Alarm | undefined;
  /** Whether the base may be far off, so that both directions have to be tried. */
  #isLost = false;
  #direction: "up" | "down" = "up";
  #step = largestStep;
  /** Clear successes in a row. */
  #streak = 0;
  #upIn = 1;
  #downIn = downEvery;
  #downEvery = downEvery;
  /** Mean round trip when more in flight clearly meant more answers, so that nothing queued. */
  #unqueuedMs = Number.POSITIVE_INFINITY;

  /** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
  constructor(options: LimitBounds = {}) {
    const { initialLimit, minLimit, maxLimit } = resolveBounds("AdaptiveLimit", options, [], start);
    this.#minLimit = minLimit;
    this.#maxLimit = maxLimit;
    this.#current = initialLimit;
    this.#base = initialLimit;
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
    if (this.#current === this.#base) {
      if (round.count >= Math.max(fewestSamples, this.#current)) this.#endHeldRound(inFlight);
    } else if (this.#current > this.#base && round.count >= fewestSamples && round.lossRate > 0.5)
      this.#giveUp(inFlight);
    else if (round.count % this.#leastTrial() === 0) this.#judge(inFlight);
    return this.#current;
  }

  #endHeldRound(inFlight: number): void {
    const round = this.#round;
    const held = this.#held;
    const alarm = this.#alarmOf(round);
    const isConfirmed = alarm !== undefined && alarm === this.#alarm;
    this.#alarm = isConfirmed ? undefined : alarm;
    if (isConfirmed) {
      held.clear();
      this.#isLost = true;
      if (alarm === "losses") this.#retreat(inFlight);
      else {
        held.merge(round);
        this.#try(alarm === "slower" ? "down" : "up", inFlight);
      }
      return;
    }
    if (alarm === undefined) {
      if (round.inFlight >= busy * this.#current) held.merge(round);
      else held.clear();
    }
    if (alarm !== undefined || held.count === 0) round.clear();
    else this.#plan(inFlight);
  }

  #alarmOf(round: SampleRound): Alarm | undefined {
    const held = this.#held;
    if (round.lossRate > 0.5) return "losses";
    if (held.count === 0 || round.inFlight < busy * this.#current) return undefined;
    const change = Math.log(round.rttMs / held.rttMs);
    if (Math.abs(change) < 0.25 || Math.abs(change) < 3 * Math.hypot(round.error, held.error))
      return undefined;
    return change > 0 ? "slower" : "faster";
  }

  #retreat(inFlight: number): void {
    this.#base = this.#bounded(Math.floor(Math.min(inFlight, this.#current) * retreat));
    this.#upIn = this.#base > this.#minLimit ? upEvery : 1;
    this.#downIn = 1;
    this.#set(this.#base, inFlight);
  }

  /** After a round at the base that says nothing new. */
  #plan(inFlight: number): void {
    const held = this.#held;
    if (held.count > longestTrial * Math.max(fewestSamples, this.#current)) held.fade();
    this.#upIn--;
    this.#downIn -= held.rttMs > queued * this.#unqueuedMs ? downEvery / 2 : 1;
    if (this.#downIn <= 0 && this.#base > this.#minLimit && this.#mayQueue()) this.#try("down", inFlight);
    else if (this.#upIn <= 0) this.#try("up", inFlight);
    else this.#round.clear();
  }

  /** Whether more than a few requests may queue in the service, as far as is known. */
  #mayQueue(): boolean {
    const { rttMs, lossRate } = this.#held;
    if (this.#isLost || lossRate > 0.05 || this.#unqueuedMs === Number.POSITIVE_INFINITY) return true;
    return this.#current * (1 - this.#unqueuedMs / rttMs) > slack;
  }

  #try(direction: "up" | "down", inFlight: number): void {
    this.#upIn = upEvery;
    if (direction === "down") this.#downIn = this.#downEvery;
    if (direction !== this.#direction) {
      this.#direction = direction;
      this.#streak = 0;
      this.#step = direction === "up" && this.#isLost ? largestStep : smallestStep;
    }
    const next =
      direction === "up" ? Math.ceil(this.#base * this.#step) : Math.floor(this.#base / this.#step);
    this.#set(this.#bounded(next), inFlight);
  }

  /** Samples between judgements of a trial. A wrong step down costs goodput, a wrong step up only time. */
  #leastTrial(): number {
    return Math.max(this.#current > this.#base ? fewestSamples : 2 * fewestSamples, this.#current >> 1);
  }

  #judge(inFlight: number): void {
    const round = this.#round;
    const held = this.#held;
    const isUp = this.#current > this.#base;
    const spread = Math.log(round.inFlight / held.inFlight);
    const wanted = Math.log(this.#current / this.#base);
    // Demand doesn't fill the step, so it can't tell anything.
    if (!(spread / wanted >= 1 / 3)) {
      this.#giveUp(inFlight);
      return;
    }
    const gain = Math.log(round.goodput / held.goodput) / spread;
    const error = Math.hypot(round.error, held.error) / Math.abs(spread);
    const isSure = Math.abs(gain - worthwhile) > sure * error;
    if (!isSure && round.count < longestTrial * Math.max(fewestSamples, this.#current)) return;
    if (gain > clear) this.#unqueuedMs = round.rttMs;
    if (gain > worthwhile === isUp) this.#accept(isUp ? gain > clear : gain < 0, inFlight);
    else this.#giveUp(inFlight);
  }

  #accept(isClear: boolean, inFlight: number): void {
    this.#downEvery = downEvery;
    this.#base = this.#current;
    this.#held.clear();
    this.#held.merge(this.#round);
    this.#streak = isClear ? this.#streak + 1 : 0;
    if (this.#streak >= 2) this.#step = Math.min(largestStep, this.#step ** 2);
    this.#try(this.#direction, inFlight);
  }

  #giveUp(inFlight: number): void {
    const isDown = this.#current < this.#base;
    this.#step = Math.max(smallestStep, Math.sqrt(this.#step));
    this.#streak = 0;
    if (isDown) {
      this.#downEvery = Math.min(downEveryAtMost, 2 * this.#downEvery);
      this.#downIn = this.#downEvery;
    }
    if (this.#isLost) {
      if (isDown) this.#upIn = 1;
      else this.#isLost = false;
    }
    this.#set(this.#base, inFlight);
  }

  #set(limit: number, inFlight: number): void {
    // What is in flight was sent under the former limit, and a longer queue has yet to fill.
    if (limit !== this.#current) this.#skip = Math.ceil(Math.max(inFlight, limit));
    this.#current = limit;
    this.#round.clear();
  }

  #bounded(limit: number): number {
    return Math.min(this.#maxLimit, Math.max(this.#minLimit, limit));
  }
}
