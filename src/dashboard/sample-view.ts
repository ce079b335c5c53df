import { hash } from "node:crypto";
import { frozenHistogram } from "../metrics/frozen-histogram.ts";
import type { HistogramSnapshot, MetricSample } from "../metrics/metric.ts";
import { recordedBetween } from "../metrics/recorded-between.ts";
import { type Pick, type PlacedSample, placed } from "./placement.ts";

/** Longer names and labels are known by their hash: a key is held for each row, and sent to the page. */
const maxKey = 400;

/** One sample beside what it was a moment ago. */
export interface SeenSample extends PlacedSample {
  /** Name and labels: the same for the same series. */
  readonly key: string;
  /** Of a counter or histogram, each second; NaN at its first sight. */
  readonly rate: number;
  /** What a histogram has recorded since; `undefined` at its first sight. */
  readonly recorded: HistogramSnapshot | undefined;
}

/** All samples of one collection, beside those of the one before. */
export class SampleView {
  readonly samples: readonly SeenSample[];
  readonly #byName: ReadonlyMap<string, readonly SeenSample[]>;
  readonly #counters = new Map<string, number>();
  readonly #histograms = new Map<string, HistogramSnapshot>();

  /** @param seconds since `before` was collected */
  constructor(collected: readonly MetricSample[], before: SampleView | undefined, seconds: number) {
    this.samples = collected.map((sample) => this.#seen(sample, before, seconds));
    this.#byName = Map.groupBy(this.samples, ({ name }) => name);
  }

  /** Those of one name, as Prometheus writes it without `_total`. */
  named(name: string): readonly SeenSample[] {
    return this.#byName.get(name) ?? [];
  }

  get names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** Those that `pick` means. */
  picked({ name, label }: Pick): readonly SeenSample[] {
    const all = this.named(name);
    if (label === undefined) return all;
    return all.filter(({ sample }) => label[1].test(labelOf(sample, label[0]) ?? ""));
  }

  #seen(sample: MetricSample, before: SampleView | undefined, seconds: number): SeenSample {
    const key = keyOf(sample);
    const named = { ...placed(sample), key };
    if (sample.type === "histogram") {
      const held = frozenHistogram(sample.histogram);
      this.#histograms.set(key, held);
      const last = before === undefined ? undefined : before.#histograms.get(key);
      if (last === undefined) return { ...named, rate: Number.NaN, recorded: undefined };
      const recorded = recordedBetween([{ before: last, after: held }]);
      return { ...named, rate: recorded.count / seconds, recorded };
    }
    if (sample.type === "gauge") return { ...named, rate: Number.NaN, recorded: undefined };
    const { value } = sample;
    this.#counters.set(key, value);
    const last = (before === undefined ? undefined : before.#counters.get(key)) ?? Number.NaN;
    // One that fell has begun anew.
    return { ...named, rate: (value < last ? value : value - last) / seconds, recorded: undefined };
  }
}

/** The value of a label by the name that Prometheus would write. */
export function labelOf({ labels }: MetricSample, name: string): string | undefined {
  for (const [label, value] of Object.entries(labels))
    if (label === name || label.replace(/[^A-Za-z0-9_]/g, "_") === name) return String(value);
  return undefined;
}

function keyOf({ type, name, labels }: MetricSample): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  const key = `${type} ${name} ${JSON.stringify(pairs)}`;
  return key.length <= maxKey ? key : `${type} ${hash("sha256", key)}`;
}
