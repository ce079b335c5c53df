import type { MetricSample } from "../metric.ts";
import type { EpochTime } from "./metric-data.ts";
import { labelPath } from "./series-path.ts";

interface Seen {
  round: number;
  total: number;
  start: EpochTime;
}

/**
 * Since when each sum has risen: the process's start, until it falls. A receiver computes rates over a restart by it.
 * Remembers a series until a look at all goes by without it.
 */
export class SeriesStarts {
  readonly #seen = new Map<string, Seen>();
  readonly #processStart: EpochTime;
  #round = 0;

  constructor() {
    const { timeOrigin } = performance;
    this.#processStart = [Math.floor(timeOrigin / 1000), Math.floor((timeOrigin % 1000) * 1e6)];
  }

  /** A look at all series begins. */
  begin(): void {
    this.#round++;
  }

  /** @param now when the series was collected */
  startOf(sample: MetricSample, now: EpochTime): EpochTime {
    if (sample.type === "gauge") return now;
    const key = `${sample.type} ${sample.name}${labelPath(sample.labels)}`;
    const total = sample.type === "histogram" ? sample.histogram.count : sample.value;
    const seen = this.#seen.get(key) ?? { round: 0, total, start: this.#processStart };
    this.#seen.set(key, seen);
    if (total < seen.total) seen.start = now;
    seen.total = total;
    seen.round = this.#round;
    return seen.start;
  }

  /** It ends: what it has not seen is forgotten. */
  end(): void {
    for (const [key, seen] of this.#seen) if (seen.round !== this.#round) this.#seen.delete(key);
  }
}
