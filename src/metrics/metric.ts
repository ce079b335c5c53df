import type { Exemplar } from "./exemplar.ts";

/** Label names to values. Built once, when a series is bound, never on a hot path. */
export type Labels = Readonly<Record<string, string>>;

/** One series at the moment of collection. Units are part of the name's meaning and stand in `unit` (UCUM: `s`, `By`, `1`). */
export type MetricSample =
  | {
      readonly type: "counter" | "gauge";
      /** OpenTelemetry semantic convention where one exists: `db.client.connection.count`. */
      readonly name: string;
      readonly help: string;
      readonly unit?: string;
      readonly labels: Labels;
      readonly value: number;
      /** The latest example of what was counted; of counters alone. */
      readonly exemplar?: Exemplar;
    }
  | {
      readonly type: "histogram";
      readonly name: string;
      readonly help: string;
      readonly unit?: string;
      readonly labels: Labels;
      readonly histogram: HistogramSnapshot;
    };

/** A distribution at the moment of collection. */
export interface HistogramSnapshot {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** @param q 0 to 1 @returns value at that quantile; `undefined` when empty */
  quantile(q: number): number | undefined;
  /** Recorded values ≤ `bound`, for cumulative bucket output. */
  countAtOrBelow(bound: number): number;
  /** Examples of what was recorded; what keeps none needn't have it. */
  exemplars?(): Iterable<Exemplar>;
}

/** A part that has metrics. It counts for itself, and is asked only at collection. */
export interface MetricSource {
  readonly name: string;
  collect(): Iterable<MetricSample>;
}
