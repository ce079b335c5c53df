import type { HistogramSnapshot } from "../metrics/metric.ts";
import { recordedBetween } from "../metrics/recorded-between.ts";
import {
  errorPicks,
  hitKinds,
  isFailed,
  isLatency,
  type Pick,
  type ResourceKind,
  resourceKinds,
  roomOf,
} from "./placement.ts";
import { labelOf, type SampleView, type SeenSample } from "./sample-view.ts";
import type { RowDescription, RowNow } from "./wire.ts";

/** A row at the moment of a sample. */
export interface SampledRow {
  readonly row: Omit<RowDescription, "id">;
  readonly now: RowNow;
  readonly values: readonly number[];
}

/** The rows that no single series gives: latencies by operation, use of pools, shares of hits. */
export function derivedRows(view: SampleView): readonly SampledRow[] {
  return [
    ...latencyRows(view),
    ...resourceKinds.flatMap((kind) => [...resourceRows(view, kind)]),
    ...hitRows(view),
  ];
}

/** p50, p95 and p99 of all that was recorded; NaN when nothing was. */
export function quantiles(recorded: readonly HistogramSnapshot[]): readonly [number, number, number] {
  const all = recordedBetween(recorded.map((after) => ({ before: undefined, after })));
  const at = (q: number): number => all.quantile(q) ?? Number.NaN;
  return [at(0.5), at(0.95), at(0.99)];
}

/** NaN when there is nothing to add, or nothing of it is known. */
function sum(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? Number.NaN : known.reduce((total, value) => total + value, 0);
}

function* latencyRows(view: SampleView): Iterable<SampledRow> {
  for (const name of view.names) {
    const members = view.named(name).filter(isLatency);
    const first = members[0]?.sample;
    if (first === undefined) continue;
    let count = 0;
    let total = 0;
    for (const { sample } of members)
      if (sample.type === "histogram") {
        count += sample.histogram.count;
        total += sample.histogram.sum;
      }
    if (count === 0) continue;
    const failed = members.filter(({ sample }) => isFailed(sample.labels));
    const counted = errorPicks(name).flatMap((pick) => view.picked(pick));
    const errors = sum((failed.length > 0 ? failed : counted).map(({ rate }) => rate));
    const recorded = members.flatMap((seen) => seen.recorded ?? []);
    yield {
      row: {
        key: `latency ${name}`,
        kind: "latency",
        name: first.name,
        help: first.help,
        unit: first.unit ?? unitOf(name),
        room: roomOf(name),
        labels: {},
      },
      now: [count, total],
      values: [sum(members.map(({ rate }) => rate)), ...quantiles(recorded), errors],
    };
  }
}

/** The unit that a name from a scrape ends in. */
export function unitOf(name: string): string {
  const unit = /_(seconds|milliseconds|microseconds|nanoseconds|bytes|ratio)$/.exec(name)?.[1];
  const units = {
    seconds: "s",
    milliseconds: "ms",
    microseconds: "us",
    nanoseconds: "ns",
    bytes: "By",
    ratio: "1",
  };
  return unit === undefined ? "" : units[unit as keyof typeof units];
}

const figureOf = ({ sample }: SeenSample): number =>
  sample.type === "histogram" ? Number.NaN : sample.value;

function* resourceRows(view: SampleView, kind: ResourceKind): Iterable<SampledRow> {
  const of = (pick: Pick | undefined, group: string) =>
    pick === undefined ? [] : view.picked(pick).filter((seen) => groupOf(seen, kind) === group);
  const groups = new Map(view.picked(kind.used).map((seen) => [groupOf(seen, kind), seen]));
  for (const [group, { sample }] of groups) {
    const errors = (kind.errors ?? []).flatMap((pick) => of(pick, group)).map(({ rate }) => rate);
    const instance = labelOf(sample, "instance");
    const title = kind.by === undefined ? undefined : labelOf(sample, kind.by);
    yield {
      row: {
        key: `resource ${kind.title} ${group}`,
        kind: "resource",
        name: kind.title,
        help: sample.help,
        unit: sample.unit ?? "",
        room: kind.room,
        labels: {
          ...(title === undefined ? {} : { name: title }),
          ...(instance === undefined ? {} : { instance }),
        },
      },
      now: null,
      values: [
        sum(of(kind.used, group).map(figureOf)),
        sum(of(kind.limit, group).map(figureOf)),
        sum(of(kind.waiting, group).map(figureOf)),
        sum(errors),
      ],
    };
  }
}

function groupOf({ sample }: SeenSample, { by }: ResourceKind): string {
  return JSON.stringify([by && labelOf(sample, by), labelOf(sample, "instance")]);
}

function* hitRows(view: SampleView): Iterable<SampledRow> {
  for (const name of view.names) {
    if (!name.endsWith("_hits")) continue;
    const stem = name.slice(0, -"_hits".length);
    const misses = new Map(view.named(`${stem}_misses`).map((seen) => [labelsKey(seen), seen]));
    for (const hit of view.named(name)) {
      const miss = misses.get(labelsKey(hit));
      if (miss !== undefined) yield* hitRow(stem, hit, figureOf(hit), figureOf(miss), hit.rate, miss.rate);
    }
  }
  for (const { title, part, of, isMisses } of hitKinds) {
    const parts = new Map(view.named(part).map((seen) => [labelsKey(seen), seen]));
    for (const whole of view.named(of)) {
      const some = parts.get(labelsKey(whole));
      if (some === undefined) continue;
      const split = (a: number, b: number): [number, number] => (isMisses ? [b - a, a] : [a, b - a]);
      const now = split(figureOf(some), figureOf(whole));
      yield* hitRow(title, whole, ...now, ...split(some.rate, whole.rate));
    }
  }
}

const labelsKey = ({ sample }: SeenSample): string => JSON.stringify(sample.labels);

function* hitRow(
  name: string,
  { sample, key }: SeenSample,
  hits: number,
  misses: number,
  hitRate: number,
  missRate: number,
): Iterable<SampledRow> {
  // A cache that nobody has asked has no share of hits.
  if (!(hits + misses > 0)) return;
  const row = {
    name,
    help: "Share of look-ups that were hits.",
    unit: "1",
    room: roomOf(placedName(sample.name)),
  };
  const ratio = hitRate / (hitRate + missRate);
  yield {
    row: { ...row, key: `hits ${name} ${key}`, kind: "hits", labels: sample.labels },
    now: [hits, misses],
    values: [ratio],
  };
}

const placedName = (name: string): string => name.replace(/[^A-Za-z0-9_]/g, "_");
