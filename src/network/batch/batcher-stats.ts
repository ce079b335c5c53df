import type { Labels, MetricSample } from "../../metrics/metric.ts";

/** A batcher at one moment. Counts run from its construction. */
export interface BatcherStats {
  /** Calls of `load`, those of `loadMany` included. */
  readonly loads: number;
  /** Of them, those whose key waited already. */
  readonly deduplicated: number;
  /** Refused: the queue was full, or the batcher closed. */
  readonly refused: number;
  /** Keys that all callers left before they were sent. */
  readonly abandoned: number;
  /** Sendings begun, and the keys in them. */
  readonly batches: number;
  readonly keys: number;
  /** Keys by sending; 0 before the first. */
  readonly meanBatchSize: number;
  readonly largestBatch: number;
  /** Sendings that failed as a whole, out of time included. */
  readonly failedBatches: number;
  readonly timeouts: number;
  /** Keys that failed alone. */
  readonly failedKeys: number;
  /** Keys that wait to be sent. */
  readonly waiting: number;
  /** Sendings under way. */
  readonly sending: number;
}

/** What a batcher counts on its way. */
export class BatcherCounts {
  loads = 0;
  deduplicated = 0;
  refused = 0;
  abandoned = 0;
  batches = 0;
  keys = 0;
  largestBatch = 0;
  failedBatches = 0;
  timeouts = 0;
  failedKeys = 0;

  stats(waiting: number, sending: number): BatcherStats {
    const { loads, deduplicated, refused, abandoned, batches, keys, largestBatch } = this;
    const { failedBatches, timeouts, failedKeys } = this;
    return {
      loads,
      deduplicated,
      refused,
      abandoned,
      batches,
      keys,
      meanBatchSize: batches === 0 ? 0 : keys / batches,
      largestBatch,
      failedBatches,
      timeouts,
      failedKeys,
      waiting,
      sending,
    };
  }

  *collect(batcher: string, waiting: number, sending: number): Iterable<MetricSample> {
    const labels: Labels = { "victor.batcher.name": batcher };
    const sample = (type: "counter" | "gauge", name: string, unit: string, help: string, value: number) =>
      ({ type, name: `victor.batcher.${name}`, unit, help, labels, value }) as const;
    yield sample("counter", "loads", "{load}", "Keys asked for.", this.loads);
    yield sample("counter", "deduplicated", "{load}", "Loads whose key waited already.", this.deduplicated);
    yield sample("counter", "refused", "{load}", "Loads refused: queue full, or closed.", this.refused);
    yield sample("counter", "abandoned", "{key}", "Keys left before they were sent.", this.abandoned);
    yield sample("counter", "batches", "{batch}", "Batches sent.", this.batches);
    yield sample("counter", "keys", "{key}", "Keys in batches sent.", this.keys);
    yield sample("counter", "batches.failed", "{batch}", "Batches that failed whole.", this.failedBatches);
    yield sample("counter", "timeouts", "{batch}", "Batches that ran out of time.", this.timeouts);
    yield sample("counter", "keys.failed", "{key}", "Keys that failed alone.", this.failedKeys);
    yield sample("gauge", "waiting", "{key}", "Keys that wait to be sent.", waiting);
    yield sample("gauge", "sending", "{batch}", "Batches under way.", sending);
  }
}
