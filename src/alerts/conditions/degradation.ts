import { LevelShift, type OpenShift, ProportionShift, type ShiftEvent } from "../../measure/index.ts";
import type { MetricSample } from "../../metrics/index.ts";
import { countOf, Increase } from "../increase.ts";
import { Reading } from "../reading.ts";
import type { DegradationRule } from "../rule.ts";
import { hasLabels, labelsKey } from "../series-key.ts";
import { SeriesTable } from "../series-table.ts";
import type { Condition, Observation, Tick } from "../tick.ts";
import { percentText, valueText } from "../value-text.ts";

/** After so many missed looks the level before says nothing of the level now. */
const longestGap = 300;

/** Without a new sample for so many looks, nothing is known any more. */
const longestSilence = 3600;

/** What is kept of one series. */
interface Watched {
  /** Number of the look that gave the latest sample. */
  readonly lastTick: number;
  /** @returns what a new sample showed, if there was one */
  look(sample: MetricSample, total: MetricSample | undefined, tick: Tick): ShiftEvent | undefined;
  readonly ready: boolean;
  readonly shifted: OpenShift | undefined;
  readonly value: number;
}

/** A `DegradationRule`: each series for itself. */
export class DegradationCondition implements Condition {
  readonly #rule: DegradationRule;
  readonly #series: SeriesTable<Watched>;

  constructor(rule: DegradationRule, maxSeries: number) {
    this.#rule = rule;
    this.#series = new SeriesTable(maxSeries);
  }

  get refused(): number {
    return this.#series.refused;
  }

  *look(tick: Tick): Iterable<Observation> {
    const { metric, labels, of, against } = this.#rule;
    const other = of ?? against;
    const totals =
      other && new Map(tick.named(other.metric).map((sample) => [labelsKey(sample.labels), sample]));
    if (tick.isAfterGap && tick.sinceLastMs > longestGap * tick.intervalMs) this.#series.clear();
    for (const sample of tick.named(metric)) {
      if (!hasLabels(sample, labels)) continue;
      const key = labelsKey(sample.labels);
      const watched = this.#series.seen(key, tick.number, () =>
        other ? new WatchedShare(this.#rule) : new WatchedLevel(this.#rule),
      );
      if (!watched) continue;
      const event = watched.look(sample, totals?.get(key), tick);
      if (!watched.ready && event === undefined) continue;
      const { shifted, value } = watched;
      yield {
        labels: sample.labels,
        value,
        outcome: tick.number - watched.lastTick > longestSilence ? "unknown" : shifted ? "bad" : "good",
        reason: () => this.#reason(shifted, event, value),
      };
    }
    this.#series.sweepEvery(60, tick.number);
  }

  #reason(shifted: OpenShift | undefined, event: ShiftEvent | undefined, value: number): string {
    const { metric, quantile, of, against } = this.#rule;
    const shown = of || against ? percentText : valueText;
    const name = quantile === undefined ? metric : `quantile ${quantile} of ${metric}`;
    const what = of ? `${name} by ${of.metric}` : against ? `${name} by both with ${against.metric}` : name;
    const shift = shifted ?? event;
    if (!shift) return `${what} is back at ${shown(value)}`;
    const { direction, before, after, samples } = shift;
    const moved = `${direction === "up" ? "rose" : "fell"} from ${shown(before)} to ${shown(after)}`;
    if (shifted) return `${what} ${moved}, ${samples} samples ago`;
    if (event?.kind === "accepted") return `${what} ${moved} and stayed: taken as its new level`;
    return `${what} is back at ${shown(before)}`;
  }
}

/** A level, of a gauge, a rate or a quantile. */
class WatchedLevel implements Watched {
  readonly #reading: Reading;
  readonly #detector: LevelShift;
  value = Number.NaN;
  lastTick = 0;

  constructor({
    quantile,
    recordedAbove,
    direction,
    minChange,
    falseAlarmSamples,
    minEvents = 20,
  }: DegradationRule) {
    // A rate over a window of a fixed number of events would be another thing: only quantiles wait for events.
    this.#reading = new Reading({
      quantile,
      recordedAbove,
      overMs: 0,
      minEvents: quantile === undefined ? 0 : minEvents,
    });
    this.#detector = new LevelShift({ direction, minChange, falseAlarmSamples });
  }

  get ready(): boolean {
    return this.#detector.ready;
  }
  get shifted(): OpenShift | undefined {
    return this.#detector.shifted;
  }

  look(sample: MetricSample, _total: MetricSample | undefined, tick: Tick): ShiftEvent | undefined {
    if (!this.#reading.look(sample, tick)) return undefined;
    this.value = this.#reading.value!;
    this.lastTick = tick.number;
    return this.#detector.push(this.value);
  }
}

/** A share of events. */
class WatchedShare implements Watched {
  readonly #detector: ProportionShift;
  readonly #minEvents: number;
  readonly #isOf: boolean;
  readonly #recordedAbove: number | undefined;
  readonly #totalAbove: number | undefined;
  readonly #hits = new Increase();
  readonly #total = new Increase();
  #sumHits = 0;
  #sumTotal = 0;
  value = Number.NaN;
  lastTick = 0;

  constructor(rule: DegradationRule) {
    const { of, against, recordedAbove, direction, minChange, minDifference, falseAlarmSamples } = rule;
    this.#detector = new ProportionShift({ direction, minChange, minDifference, falseAlarmSamples });
    this.#minEvents = rule.minEvents ?? 20;
    this.#isOf = of !== undefined;
    this.#recordedAbove = recordedAbove;
    this.#totalAbove = (of ?? against)?.recordedAbove;
  }

  get ready(): boolean {
    return this.#detector.ready;
  }
  get shifted(): OpenShift | undefined {
    return this.#detector.shifted;
  }

  look(sample: MetricSample, total: MetricSample | undefined, tick: Tick): ShiftEvent | undefined {
    const hits = countOf(sample, this.#recordedAbove);
    const of = total && countOf(total, this.#totalAbove);
    if (hits === undefined || of === undefined) return undefined;
    const moreHits = this.#hits.next(hits);
    const more = this.#total.next(of);
    if (moreHits === undefined || more === undefined) return undefined;
    if (tick.isAfterGap) {
      this.#sumHits = 0;
      this.#sumTotal = 0;
      return undefined;
    }
    this.#sumHits += moreHits;
    this.#sumTotal += this.#isOf ? more : more + moreHits;
    if (this.#sumTotal < this.#minEvents) return undefined;
    const trials = this.#sumTotal;
    // A failure may be counted in another interval than its request.
    const counted = Math.min(this.#sumHits, trials);
    this.#sumHits -= counted;
    this.#sumTotal = 0;
    this.value = counted / trials;
    this.lastTick = tick.number;
    return this.#detector.push(counted, trials);
  }
}
