import { frozenHistogram } from "../metrics/frozen-histogram.ts";
import { type HistogramSnapshot, type MetricSample, recordedBetween } from "../metrics/index.ts";
import { countOf } from "./increase.ts";
import type { MetricSelector } from "./rule.ts";
import type { Tick } from "./tick.ts";

/** How a series is read. */
export interface ReadingOptions extends Pick<MetricSelector, "quantile" | "recordedAbove"> {
  /** A window ends after so long, ms; 0 for one interval. */
  readonly overMs: number;
  /** … and not before so many events. */
  readonly minEvents: number;
}

/**
 * The value of one series: of a gauge as it is, of a counter its rate a second over a window, of a histogram the
 * quantile of what was recorded within a window, or its rate. Windows follow one another. A counter or histogram that
 * fell has begun anew, at 0. After missed looks a window begins anew.
 */
export class Reading {
  readonly #options: ReadingOptions;
  #openedMs: number | undefined;
  /** At the beginning of the window. */
  #count = 0;
  #snapshot: HistogramSnapshot | undefined;
  #value: number | undefined;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  /** Of the last window that ended; `undefined` when there was none, or nothing happened in it. */
  get value(): number | undefined {
    return this.#value;
  }

  /** @returns whether a window ended, so that `value` is a new one */
  look(sample: MetricSample, tick: Tick): boolean {
    if (sample.type === "gauge") {
      this.#value = Number.isFinite(sample.value) ? sample.value : undefined;
      return this.#value !== undefined;
    }
    const count = countOf(sample, this.#options.recordedAbove);
    if (count === undefined) {
      this.#value = undefined;
      this.#openedMs = undefined;
      return false;
    }
    if (tick.isAfterGap || this.#openedMs === undefined) {
      this.#value = undefined;
      this.#open(sample, count, tick.nowMs);
      return false;
    }
    if (count < this.#count) {
      this.#count = 0;
      this.#snapshot = undefined;
    }
    const elapsedMs = tick.nowMs - this.#openedMs;
    const events = count - this.#count;
    // Half an interval early is on time: timers are never exact.
    if (elapsedMs < this.#options.overMs - tick.intervalMs / 2 || elapsedMs <= 0) return false;
    if (events < this.#options.minEvents) return false;
    this.#value = this.#read(sample, events, elapsedMs);
    this.#open(sample, count, tick.nowMs);
    return this.#value !== undefined;
  }

  #read(sample: MetricSample, events: number, elapsedMs: number): number | undefined {
    const { quantile } = this.#options;
    if (sample.type !== "histogram" || quantile === undefined) return (1000 * events) / elapsedMs;
    return recordedBetween([{ before: this.#snapshot, after: sample.histogram }]).quantile(quantile);
  }

  #open(sample: MetricSample, count: number, nowMs: number): void {
    this.#openedMs = nowMs;
    this.#count = count;
    if (sample.type === "histogram" && this.#options.quantile !== undefined)
      this.#snapshot = frozenHistogram(sample.histogram);
  }
}
