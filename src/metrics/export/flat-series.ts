import type { HistogramSnapshot, MetricSample } from "../metric.ts";
import { recordedBetween } from "../recorded-between.ts";

/** One number of a series. */
export interface FlatPoint {
  /** Of the metric, with `.count`, `.sum`, `.p50`, `.p95` or `.p99` behind it where it is a histogram. */
  readonly name: string;
  readonly sample: MetricSample;
  /** `total`: since the process began, only rising. `level`: as it is now, or was in the last interval. */
  readonly kind: "total" | "level";
  /** Finite. */
  readonly value: number;
  /** What a `total` has risen by since the collection before; the value itself at the first. */
  readonly delta: number;
}

interface Past {
  round: number;
  total: number;
  histogram: HistogramSnapshot | undefined;
}

const quantiles = Object.freeze([
  ["p50", 0.5],
  ["p95", 0.95],
  ["p99", 0.99],
] as const);

/**
 * Numbers for servers that know numbers alone. Of a histogram: `count` and `sum` since the beginning, and the quantiles
 * of what was recorded since the collection before, if anything was. NaN and ±∞ are left out.
 * Remembers each series until a collection comes without it.
 */
export class FlatSeries {
  readonly #past = new Map<string, Past>();
  #round = 0;

  *points(samples: Iterable<MetricSample>, keyOf: (sample: MetricSample) => string): Iterable<FlatPoint> {
    const round = ++this.#round;
    for (const sample of samples) {
      if (sample.type === "gauge") {
        const { name, value } = sample;
        if (Number.isFinite(value)) yield { name, sample, kind: "level", value, delta: 0 };
        continue;
      }
      const key = keyOf(sample);
      const past = this.#past.get(key) ?? { round, total: 0, histogram: undefined };
      this.#past.set(key, past);
      past.round = round;
      if (sample.type === "counter") yield* total(sample, past);
      else if (sample.type === "histogram") yield* distribution(sample, sample.histogram, past);
    }
    for (const [key, past] of this.#past) if (past.round !== round) this.#past.delete(key);
  }
}

function* total(sample: MetricSample & { readonly value: number }, past: Past): Iterable<FlatPoint> {
  const { name, value } = sample;
  if (!Number.isFinite(value)) return;
  // One that has fallen began anew.
  const delta = value >= past.total ? value - past.total : value;
  past.total = value;
  yield { name, sample, kind: "total", value, delta };
}

function* distribution(sample: MetricSample, now: HistogramSnapshot, past: Past): Iterable<FlatPoint> {
  const { name } = sample;
  const before = past.histogram && past.histogram.count <= now.count ? past.histogram : undefined;
  const { count, sum } = now;
  past.histogram = now;
  const delta = count - (before?.count ?? 0);
  yield { name: `${name}.count`, sample, kind: "total", value: count, delta };
  if (Number.isFinite(sum))
    yield {
      name: `${name}.sum`,
      sample,
      kind: "total",
      value: sum,
      delta: Math.max(0, sum - (before?.sum ?? 0)),
    };
  const recorded = recordedBetween([{ before, after: now }]);
  for (const [suffix, q] of quantiles) {
    const value = recorded.quantile(q);
    if (value !== undefined && Number.isFinite(value))
      yield { name: `${name}.${suffix}`, sample, kind: "level", value, delta: 0 };
  }
}
