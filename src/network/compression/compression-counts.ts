import type { Labels, MetricSample } from "../../metrics/metric.ts";

/** What was decoded, or encoded. Counts run from the start. */
export interface CodingStats {
  readonly bodies: number;
  /** Before decoding, or after encoding. */
  readonly encodedBytes: number;
  /** After decoding, or before encoding. */
  readonly plainBytes: number;
  /** Milliseconds of the event loop's thread, for bodies that were done there. */
  readonly loopMs: number;
  /** Milliseconds from start to end of those done in libuv's threads or piece by piece, their waits included. */
  readonly poolMs: number;
  readonly failed: number;
}

/** Counts of one direction, and where they are kept. */
export class CodingCounts {
  bodies = 0;
  encodedBytes = 0;
  plainBytes = 0;
  loopMs = 0;
  poolMs = 0;
  failed = 0;

  stats(): CodingStats {
    const { bodies, encodedBytes, plainBytes, loopMs, poolMs, failed } = this;
    return { bodies, encodedBytes, plainBytes, loopMs, poolMs, failed };
  }

  /** @param direction `decode` or `encode` */
  *collect(direction: "decode" | "encode"): Iterable<MetricSample> {
    const sample = (name: string, unit: string, help: string, value: number, labels: Labels = {}) =>
      ({
        type: "counter",
        name: `victor.http.body.${direction}.${name}`,
        unit,
        help,
        labels,
        value,
      }) as const;
    yield sample("bodies", "{body}", "Bodies done.", this.bodies);
    yield sample("failed", "{body}", "Bodies given up.", this.failed);
    const size = "Bytes of these bodies.";
    yield sample("size", "By", size, this.encodedBytes, { "victor.http.body.form": "encoded" });
    yield sample("size", "By", size, this.plainBytes, { "victor.http.body.form": "plain" });
    const time = "Time spent on them: the event loop's own, or that of libuv's threads with its waits.";
    yield sample("time", "s", time, this.loopMs / 1000, { "victor.thread": "loop" });
    yield sample("time", "s", time, this.poolMs / 1000, { "victor.thread": "pool" });
  }
}
