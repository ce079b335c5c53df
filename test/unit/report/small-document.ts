import type { Measurement } from "../../../src/measure/index.ts";
import type { ReportDocument, RowResult } from "../../../src/report/report-document.ts";
import { rowResult } from "../../../src/report/row-result.ts";
import type { Variant, Workload } from "../../../src/report/workload.ts";

const variant = (name: string, about: string): Variant => ({ name, about, module: "", export: "", args: {} });

/** A workload of one query, to be changed by a test. */
export const smallWorkload: Workload = {
  id: "room.query",
  title: "Query time",
  question: "How long does a query take?",
  input: "One table.",
  unit: { operation: "query", item: "query", itemsPerOperation: 1, shown: "time" },
  baseline: variant("plain", "a Map"),
  optimized: variant("toolkit", "a cache"),
  operationsPerRound: 10,
};

/** Times of each arm in nanoseconds, a list per process; CPU time is half of it. */
export function smallMeasurement(
  times: Readonly<Record<string, readonly (readonly number[])[]>>,
  rest: {
    answers?: Record<string, unknown>;
    counters?: Record<string, readonly Record<string, number>[]>;
    partial?: boolean;
    warnings?: string[];
  } = {},
): Measurement {
  return {
    arms: Object.entries(times).map(([name, wallNs]) => {
      const counters = name === "optimized" ? { reads: 200, hits: 104 } : {};
      return {
        name,
        wallNs,
        cpuNs: wallNs.map((rounds) => rounds.map((ns) => ns / 2)),
        answer: rest.answers ? rest.answers[name] : "42",
        counters,
        countersByProcess: rest.counters?.[name] ?? wallNs.map(() => counters),
        count: 10,
      };
    }),
    partial: rest.partial ?? false,
    warnings: rest.warnings ?? [],
  };
}

export const plan = { processes: 3, rounds: 4, warmupRounds: 1, operationsPerRound: 10 };

/** Three processes of four rounds, all of the same time. */
export const steady = (ns: number): number[][] => [0, 1, 2].map(() => [ns, ns, ns, ns]);

/** Half of the time, without any noise. */
export function smallRow(change: Partial<Workload> = {}): RowResult {
  return rowResult(
    { ...smallWorkload, ...change },
    { repetitions: plan, measurement: smallMeasurement({ baseline: steady(4000), optimized: steady(2000) }) },
  );
}

export function smallDocument(
  rows: readonly RowResult[],
  change: Partial<ReportDocument> = {},
): ReportDocument {
  return {
    schema: "victor-optimizations/report",
    schemaVersion: 1,
    version: "9.9.9",
    startedAt: "2026-01-02T03:04:05.000Z",
    durationSeconds: 12.3,
    partial: false,
    quick: true,
    engine: "sqlite",
    seed: 1,
    command: "npx victor report --quick",
    environment: { Node: "24.10.0", Processor: "Abacus" },
    areas: [{ id: "room", title: "Room", about: "About it.", rows, limits: ["One caller."] }],
    ...change,
  };
}
