import { boundText, outcomeOf } from "../bound.ts";
import { TotalIncrease, totalOfGauges } from "../increase.ts";
import type { CountSelector, RatioRule } from "../rule.ts";
import type { Condition, Observation, Tick } from "../tick.ts";

/** One side of the ratio: what it has grown by within the window, or what its gauges are now. */
class Side {
  readonly #selector: CountSelector;
  readonly #increase: TotalIncrease;
  #sum = 0;
  #isKnown = true;

  constructor(selector: CountSelector, maxSeries: number) {
    this.#selector = selector;
    this.#increase = new TotalIncrease(selector, maxSeries);
  }

  get refused(): number {
    return this.#increase.refused;
  }

  look(tick: Tick): void {
    const grown = this.#increase.next(tick) ?? totalOfGauges(this.#selector, tick);
    if (grown === undefined) this.#isKnown = false;
    else this.#sum = this.#isGauge(tick) ? grown : this.#sum + grown;
  }

  /** @returns what the window came to; begins a new one */
  take(): number | undefined {
    const taken = this.#isKnown ? this.#sum : undefined;
    this.#sum = 0;
    this.#isKnown = true;
    return taken;
  }

  #isGauge(tick: Tick): boolean {
    return tick.named(this.#selector.metric)[0]?.type === "gauge";
  }
}

/** A `RatioRule`: one alert for all series together. */
export class RatioCondition implements Condition {
  readonly #rule: RatioRule;
  readonly #numerator: Side;
  readonly #denominator: Side;
  #openedMs: number | undefined;
  #value = Number.NaN;

  constructor(rule: RatioRule, maxSeries: number) {
    this.#rule = rule;
    this.#numerator = new Side(rule.numerator, maxSeries);
    this.#denominator = new Side(rule.denominator, maxSeries);
  }

  get refused(): number {
    return this.#numerator.refused + this.#denominator.refused;
  }

  *look(tick: Tick): Iterable<Observation> {
    this.#numerator.look(tick);
    this.#denominator.look(tick);
    if (this.#openedMs === undefined || tick.isAfterGap) this.#begin(tick, Number.NaN);
    // Half an interval early is on time: timers are never exact.
    else if (tick.nowMs - this.#openedMs >= (this.#rule.overMs ?? 0) - tick.intervalMs / 2) {
      const [numerator, denominator] = [this.#numerator.take(), this.#denominator.take()];
      const says =
        denominator !== undefined && denominator > 0 && denominator >= (this.#rule.minDenominator ?? 0);
      this.#begin(tick, numerator !== undefined && says ? numerator / denominator : Number.NaN);
    }
    const value = this.#value;
    const outcome = outcomeOf(value, this.#rule);
    const { numerator, denominator } = this.#rule;
    const reason = () =>
      `${numerator.metric} by ${denominator.metric}: ${boundText(value, this.#rule, outcome)}`;
    yield { labels: {}, value, outcome, reason };
  }

  #begin(tick: Tick, value: number): void {
    this.#openedMs = tick.nowMs;
    this.#value = value;
    if (!Number.isNaN(value)) return;
    this.#numerator.take();
    this.#denominator.take();
  }
}
