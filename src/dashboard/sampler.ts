import { probed } from "../metrics/probed-sample.ts";
import type { MetricRegistry } from "../metrics/registry.ts";
import { derivedRows, quantiles, type SampledRow, unitOf } from "./derived-rows.ts";
import { History, type HistoryStats, type HistoryWindow } from "./history.ts";
import { roomOf } from "./placement.ts";
import { SampleView, type SeenSample } from "./sample-view.ts";
import { type RowChanges, type RowDescription, rowFields, type Tick } from "./wire.ts";

/** What a sample brought. */
export interface Sampled {
  readonly changes: RowChanges;
  readonly tick: Tick;
}

/** Longest text of a name, a label or its value that is kept. */
const maxText = 300;

/** Asks a registry again and again, and keeps what it said. */
export class Sampler {
  readonly #registry: Pick<MetricRegistry, "collect">;
  readonly #history: History;
  readonly #rows = new Map<string, RowDescription>();
  readonly #keys = new Map<number, string>();
  #dropped: number[] = [];
  #refused = new Set<string>();
  #view: SampleView | undefined;
  #lastMs = Number.NaN;
  #nextId = 1;

  /** @param samples kept of each series */
  constructor(registry: Pick<MetricRegistry, "collect">, samples: number, maxSeries: number) {
    this.#registry = registry;
    this.#history = new History(samples, maxSeries, (id) => this.#forget(id));
  }

  /** Takes one sample. @param time ms since 1970, later than the one before */
  sample(time: number): Sampled {
    const view = new SampleView(this.#registry.collect(probed), this.#view, (time - this.#lastMs) / 1000);
    this.#view = view;
    this.#lastMs = time;
    this.#history.begin(time);
    const add: RowDescription[] = [];
    const rows: Tick["rows"][number][] = [];
    const refused = new Set<string>();
    // Sums come first: where there is no room for every series, there is for what they say together.
    for (const { row, now, values } of [...derivedRows(view), ...view.samples.map(plainRow)]) {
      let known = this.#rows.get(row.key);
      if (known === undefined) {
        known = this.#admit(row);
        if (known === undefined) {
          refused.add(row.key);
          if (!this.#refused.has(row.key)) this.#history.refuse();
          continue;
        }
        add.push(known);
      }
      this.#history.set(known.id, values);
      rows.push([
        known.id,
        typeof now === "object" ? (now?.map(finite) ?? null) : finite(now),
        ...values.map(brief),
      ]);
    }
    this.#refused = refused;
    const drop = this.#dropped;
    this.#dropped = [];
    return { changes: { add, drop }, tick: { t: time, rows } };
  }

  /** All rows there are. */
  rows(): readonly RowDescription[] {
    return [...this.#rows.values()];
  }

  /** Series that the last sample found no room for. */
  get refusedNow(): number {
    return this.#refused.size;
  }

  window(ids: readonly number[], from: number): HistoryWindow {
    return this.#history.window(ids, from);
  }

  stats(): HistoryStats {
    return this.#history.stats();
  }

  #admit(row: Omit<RowDescription, "id">): RowDescription | undefined {
    const id = this.#nextId;
    if (!this.#history.add(id, rowFields[row.kind].length)) return undefined;
    this.#nextId++;
    const labels = Object.fromEntries(
      Object.entries(row.labels).map(([label, value]) => [clipped(label), clipped(value)]),
    );
    const known = { ...row, id, name: clipped(row.name), help: clipped(row.help), labels };
    this.#rows.set(row.key, known);
    this.#keys.set(id, row.key);
    return known;
  }

  #forget(id: number): void {
    this.#rows.delete(this.#keys.get(id)!);
    this.#keys.delete(id);
    this.#dropped.push(id);
  }
}

function plainRow(seen: SeenSample): SampledRow {
  const { sample, name, key, rate, recorded } = seen;
  const { type: kind, help, labels } = sample;
  const row = {
    key,
    kind,
    name: sample.name,
    help,
    unit: sample.unit ?? unitOf(name),
    room: roomOf(name),
    labels,
  };
  if (sample.type === "histogram") {
    const { histogram } = sample;
    const { count } = histogram;
    const at = (q: number): number => histogram.quantile(q) ?? Number.NaN;
    return {
      row,
      now: count === 0 ? [0, 0] : [count, histogram.sum, at(0.5), at(0.95), at(0.99), histogram.max],
      values: [rate, ...quantiles(recorded === undefined ? [] : [recorded])],
    };
  }
  return { row, now: sample.value, values: [sample.type === "gauge" ? sample.value : rate] };
}

const clipped = (text: unknown): string => {
  const whole = String(text);
  return whole.length > maxText ? `${whole.slice(0, maxText - 1)}…` : whole;
};

/** JSON has no word for the others. */
const finite = (value: number | null): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

/** Six digits are more than a chart can show. */
const brief = (value: number): number | null =>
  Number.isInteger(value) ? value : Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
