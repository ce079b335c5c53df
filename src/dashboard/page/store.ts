import { type RowChanges, type RowDescription, type RowNow, rowFields, type Tick } from "../wire.ts";

/** A row as the page knows it, over all runs of the server. */
export interface Row extends RowDescription {
  /** As the server calls it in this run. */
  id: number;
  /** False when the server doesn't know it any more. */
  isLive: boolean;
  now: RowNow;
  /** By field: values over the store's times. */
  columns: Float32Array[];
  /** What is later than this has not been asked for yet, up to the first live sample. */
  missingFrom: number | undefined;
}

/** Older samples, as the server sends them. */
export interface OlderSamples {
  readonly times: Float64Array;
  readonly rows: ReadonlyMap<number, readonly Float32Array[]>;
}

/** All samples that the page has, at common times. */
export class Store {
  readonly rows = new Map<string, Row>();
  readonly #byId = new Map<number, Row>();
  #capacity = 0;
  #times = new Float64Array(0);
  #length = 0;
  #epoch = "";

  /** @returns true when the server has been restarted since */
  begin(epoch: string, samples: number): boolean {
    const isRestart = this.#epoch !== "" && this.#epoch !== epoch;
    this.#epoch = epoch;
    this.#byId.clear();
    for (const row of this.rows.values()) row.isLive = false;
    const capacity = Math.ceil(samples * 1.25) + 10;
    if (capacity !== this.#capacity) {
      this.#capacity = capacity;
      this.#times = new Float64Array(capacity);
      this.#length = 0;
      this.rows.clear();
    }
    return isRestart;
  }

  get lastTime(): number {
    return this.#length === 0 ? 0 : this.#times[this.#length - 1]!;
  }

  /** The times that there are samples of, ms since 1970. */
  get times(): Float64Array {
    return this.#times.subarray(0, this.#length);
  }

  change({ add, drop }: RowChanges): void {
    for (const id of drop) {
      const row = this.#byId.get(id);
      if (row) this.rows.delete(row.key);
      this.#byId.delete(id);
    }
    for (const description of add) {
      const known = this.rows.get(description.key);
      const row: Row = known ?? {
        ...description,
        isLive: true,
        now: null,
        columns: rowFields[description.kind].map(() => this.#column()),
        missingFrom: 0,
      };
      row.id = description.id;
      row.isLive = true;
      row.missingFrom ??= this.lastTime;
      this.rows.set(row.key, row);
      this.#byId.set(row.id, row);
    }
  }

  append({ t, rows }: Tick): void {
    if (t <= this.lastTime) return;
    if (this.#length === this.#capacity) this.#forgetOldest(Math.ceil(this.#capacity / 5));
    const at = this.#length++;
    this.#times[at] = t;
    for (const { columns } of this.rows.values()) for (const column of columns) column[at] = Number.NaN;
    for (const [id, now, ...values] of rows) {
      const row = this.#byId.get(id);
      if (row === undefined) continue;
      row.now = now;
      for (const [i, column] of row.columns.entries()) column[at] = values[i] ?? Number.NaN;
    }
  }

  /** Takes in what the server has kept of earlier times. */
  merge({ times, rows }: OlderSamples): void {
    const merged = union(this.times, times);
    if (merged.length > this.#length)
      this.#spread(merged.subarray(Math.max(0, merged.length - this.#capacity)));
    let at = 0;
    for (const [i, time] of times.entries()) {
      while (at < this.#length && this.#times[at]! < time) at++;
      if (this.#times[at] !== time) continue;
      for (const [id, columns] of rows)
        for (const [field, column] of (this.#byId.get(id)?.columns ?? []).entries())
          column[at] = columns[field]?.[i] ?? Number.NaN;
    }
  }

  /** Gives up what the server has forgotten and nothing is left to show of. */
  sweep(before: number): void {
    for (const [key, row] of this.rows)
      if (!row.isLive && this.#lastSeen(row) < before) this.rows.delete(key);
  }

  #lastSeen({ columns: [first] }: Row): number {
    for (let i = this.#length - 1; i >= 0; i--) if (!Number.isNaN(first?.[i])) return this.#times[i]!;
    return 0;
  }

  #column(): Float32Array {
    return new Float32Array(this.#capacity).fill(Number.NaN);
  }

  #forgetOldest(count: number): void {
    this.#times.copyWithin(0, count, this.#length);
    for (const { columns } of this.rows.values())
      for (const column of columns) column.copyWithin(0, count, this.#length);
    this.#length -= count;
  }

  /** Moves all columns to a longer list of times. */
  #spread(merged: Float64Array): void {
    const places = new Int32Array(this.#length);
    let to = 0;
    for (let i = 0; i < this.#length; i++) {
      while (to < merged.length && merged[to]! < this.#times[i]!) to++;
      places[i] = merged[to] === this.#times[i] ? to : -1;
    }
    for (const row of this.rows.values())
      row.columns = row.columns.map((column) => {
        const spread = this.#column();
        for (let i = 0; i < this.#length; i++) if (places[i]! >= 0) spread[places[i]!] = column[i]!;
        return spread;
      });
    this.#times.set(merged);
    this.#length = merged.length;
  }
}

/** Two ascending lists as one, without doubles. */
function union(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length);
  let [i, j, length] = [0, 0, 0];
  while (i < a.length || j < b.length) {
    const next = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    if (a[i] === next) i++;
    if (b[j] === next) j++;
    out[length++] = next;
  }
  return out.subarray(0, length);
}
