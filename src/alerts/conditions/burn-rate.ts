import type { Outcome } from "../alert-state.ts";
import { TotalIncrease } from "../increase.ts";
import { type BurnRateRule, type BurnWindow, workbookWindows } from "../rule.ts";
import { SlidingShare } from "../sliding-share.ts";
import type { Condition, Observation, Tick } from "../tick.ts";
import { durationText, valueText } from "../value-text.ts";

/** Over when the budget burns at less than this share of the factor. */
const resolveShare = 0.9;

interface Pair extends BurnWindow {
  readonly long: SlidingShare;
  readonly short: SlidingShare;
}

/** A `BurnRateRule`: one alert for all series together. */
export class BurnRateCondition implements Condition {
  readonly #budget: number;
  readonly #minEvents: number;
  readonly #total: TotalIncrease;
  readonly #part: TotalIncrease;
  readonly #partIsGood: boolean;
  readonly #pairs: readonly Pair[];

  constructor(rule: BurnRateRule, maxSeries: number) {
    const { objective, total, bad, good, windows = workbookWindows, minEvents = 10 } = rule;
    this.#budget = 1 - objective;
    this.#minEvents = minEvents;
    this.#total = new TotalIncrease(total, maxSeries);
    this.#part = new TotalIncrease((bad ?? good)!, maxSeries);
    this.#partIsGood = bad === undefined;
    this.#pairs = windows.map((window) => ({
      ...window,
      long: new SlidingShare(window.longMs),
      short: new SlidingShare(window.shortMs),
    }));
  }

  get refused(): number {
    return this.#total.refused + this.#part.refused;
  }

  *look(tick: Tick): Iterable<Observation> {
    const total = this.#total.next(tick);
    // Many a counter of errors is born with the first one: until then there were none.
    const none = this.#partIsGood || this.#part.wasSeen ? undefined : 0;
    const part = this.#part.next(tick) ?? none;
    // Events without their part, as a source that is left out of one collection leaves them, would count as all good or all bad.
    const isKnown = total !== undefined && part !== undefined;
    const counted = isKnown ? total : 0;
    const bad = !isKnown ? 0 : Math.min(counted, Math.max(0, this.#partIsGood ? total - part : part));
    const judged = this.#pairs.map((pair) => {
      pair.long.add(tick.nowMs, bad, counted);
      pair.short.add(tick.nowMs, bad, counted);
      const burn = Math.min(pair.long.share, pair.short.share) / this.#budget;
      return { pair, burn, outcome: this.#judge(pair, burn) };
    });
    // A bad pair before all others, then the one nearest to its limit.
    const rank = ({ pair, burn, outcome }: (typeof judged)[number]): number =>
      burn / pair.factor + (outcome === "bad" ? 1e9 : 0);
    const { pair, burn, outcome } = judged.reduce((a, b) => (rank(b) > rank(a) ? b : a));
    const { longMs, shortMs, factor } = pair;
    const windows = `${durationText(longMs)} and ${durationText(shortMs)}`;
    const reason = () =>
      `error budget burns ${valueText(burn)} × as fast as it may, in ${windows} (limit ${factor} ×)`;
    yield { labels: {}, value: burn, outcome, reason };
  }

  #judge({ short, factor }: Pair, burn: number): Outcome {
    if (burn >= factor * (1 - 1e-12)) return short.total >= this.#minEvents ? "bad" : "between";
    return burn < resolveShare * factor ? "good" : "between";
  }
}
