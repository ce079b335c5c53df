import { labelText } from "./format.ts";
import type { Row } from "./store.ts";

/** Series that stand in one chart. */
export interface Family {
  readonly room: string;
  readonly name: string;
  readonly rows: readonly Row[];
}

/** Gauges of one thing: its smallest, its mean, its 99th percentile. */
const statistic = /[._](min|max|mean|avg|stddev|p50|p75|p90|p95|p99)$/;

/** Single series by name, except latencies, which have panels of their own. */
export function families(rows: Iterable<Row>): readonly Family[] {
  const latencies = new Set<string>();
  const single: Row[] = [];
  for (const row of rows) {
    if (row.kind === "latency") latencies.add(row.name);
    else if (row.kind === "counter" || row.kind === "gauge" || row.kind === "histogram") single.push(row);
  }
  const byName = Map.groupBy(
    single.filter((row) => row.kind !== "histogram" || !latencies.has(row.name)),
    (row) =>
      `${row.room}\n${row.unit}\n${row.kind}\n${row.kind === "gauge" ? row.name.replace(statistic, "") : row.name}`,
  );
  return Array.from(byName.values(), (all) => {
    const { room, name } = all[0]!;
    return {
      room,
      name: all[0]!.kind === "gauge" && all.length > 1 ? name.replace(statistic, "") : name,
      rows: all,
    };
  });
}

/** What tells rows of one chart apart, in few words. */
export function lineLabels(rows: readonly Row[]): readonly string[] {
  const [first] = rows;
  const same = new Set(
    Object.entries(first?.labels ?? {}).flatMap(([label, value]) =>
      rows.every((row) => row.labels[label] === value) ? [label] : [],
    ),
  );
  const isOneName = rows.every(({ name }) => name === first?.name);
  return rows.map(({ name, labels }) => {
    const end = statistic.exec(name)?.[1];
    const text = labelText(labels, same);
    if (isOneName) return text || (rows.length === 1 ? "value" : name);
    return [end ?? name, text].filter(Boolean).join(" ");
  });
}
