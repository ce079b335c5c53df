/** The figures of one row over time, one ring for each of its fields. */
interface Rings {
  readonly fields: readonly Float32Array[];
  lastSeen: number;
}

/** What a history holds and what it had to leave out. */
export interface HistoryStats {
  /** Rings in use; a latency row has five, a counter one. */
  readonly series: number;
  /** Samples held of each. */
  readonly samples: number;
  /** Bytes of all rings and of their times, exact. */
  readonly sizeBytes: number;
  /** Rows given up, least recently seen first, to make room for others. */
  readonly dropped: number;
  /** Rows found no room for, since all others were seen in the same sample; counted once a row and spell. */
  readonly refused: number;
}

/** Part of a history, oldest first. A value that was not there at its time is NaN. */
export interface HistoryWindow {
  /** Milliseconds since 1970, ascending. */
  readonly times: Float64Array;
  /** For each row asked for that is known: its rings over `times`. */
  readonly rows: readonly { readonly id: number; readonly fields: readonly Float32Array[] }[];
}

/**
 * Samples of many rows at common times, in memory that is bounded by `samples × (8 + 4 × maxSeries)` bytes.
 * All rings turn together. Values are kept to 24 bits (a relative error of 6 × 10⁻⁸).
 */
export class History {
  readonly #samples: number;
  readonly #maxSeries: number;
  readonly #times: Float64Array;
  readonly #rows = new Map<number, Rings>();
  readonly #onDrop: (id: number) => void;
  #series = 0;
  /** Samples begun so far; the current one is at `(#begun − 1) % #samples`. */
  #begun = 0;
  #dropped = 0;
  #refused = 0;
  /** Rows that the current sample had not seen when it first needed room, the least recent last. */
  #unseen: number[] | undefined;

  /** @param onDrop is told the row that made room for another */
  constructor(samples: number, maxSeries: number, onDrop: (id: number) => void = () => {}) {
    this.#samples = samples;
    this.#maxSeries = maxSeries;
    this.#times = new Float64Array(samples);
    this.#onDrop = onDrop;
  }

  /** Begins a sample: until a row is `set`, it has no value there. @param time ms, later than the one before */
  begin(time: number): void {
    const at = this.#begun++ % this.#samples;
    this.#unseen = undefined;
    this.#times[at] = time;
    for (const { fields } of this.#rows.values()) for (const ring of fields) ring[at] = Number.NaN;
  }

  has(id: number): boolean {
    return this.#rows.has(id);
  }

  /**
   * Makes room for a new row, at the cost of those that the current sample has not seen.
   * @returns false when there is none
   */
  add(id: number, fields: number): boolean {
    while (this.#series + fields > this.#maxSeries) {
      const oldest = this.#leastRecent();
      if (oldest === undefined) return false;
      this.remove(oldest);
      this.#dropped++;
      this.#onDrop(oldest);
    }
    this.#rows.set(id, {
      fields: Array.from({ length: fields }, () => new Float32Array(this.#samples).fill(Number.NaN)),
      lastSeen: this.#begun,
    });
    this.#series += fields;
    return true;
  }

  /** Counts a row that `add` found no room for. */
  refuse(): void {
    this.#refused++;
  }

  /** Writes a known row's values into the current sample. */
  set(id: number, values: readonly number[]): void {
    const row = this.#rows.get(id)!;
    const at = (this.#begun - 1) % this.#samples;
    for (const [i, ring] of row.fields.entries()) ring[at] = values[i] ?? Number.NaN;
    row.lastSeen = this.#begun;
  }

  remove(id: number): void {
    this.#series -= this.#rows.get(id)?.fields.length ?? 0;
    this.#rows.delete(id);
  }

  /** A copy of the samples later than `from`. @param ids rows; the unknown ones are left out */
  window(ids: readonly number[], from: number): HistoryWindow {
    const held = Math.min(this.#begun, this.#samples);
    let skip = 0;
    while (skip < held && this.#times[(this.#begun - held + skip) % this.#samples]! <= from) skip++;
    const first = (this.#begun - held + skip) % this.#samples;
    const length = held - skip;
    const times = new Float64Array(length);
    unroll(this.#times, first, times);
    const rows = ids.flatMap((id) => {
      const row = this.#rows.get(id);
      if (row === undefined) return [];
      const fields = row.fields.map((ring) => {
        const out = new Float32Array(length);
        unroll(ring, first, out);
        return out;
      });
      return [{ id, fields }];
    });
    return { times, rows };
  }

  stats(): HistoryStats {
    return {
      series: this.#series,
      samples: Math.min(this.#begun, this.#samples),
      sizeBytes: this.#samples * (8 + 4 * this.#series),
      dropped: this.#dropped,
      refused: this.#refused,
    };
  }

  /** A row that the current sample has not seen. Sorted once a sample: where many come and go, each is asked for. */
  #leastRecent(): number | undefined {
    this.#unseen ??= [...this.#rows]
      .filter(([, { lastSeen }]) => lastSeen < this.#begun)
      .reverse()
      .sort(([, a], [, b]) => b.lastSeen - a.lastSeen)
      .map(([id]) => id);
    for (let id = this.#unseen.pop(); id !== undefined; id = this.#unseen.pop())
      if ((this.#rows.get(id)?.lastSeen ?? this.#begun) < this.#begun) return id;
    return undefined;
  }
}

/** Copies `to.length` values of a ring, from `first` on and round its end. */
function unroll<A extends Float32Array | Float64Array>(ring: A, first: number, to: A): void {
  const untilEnd = Math.min(to.length, ring.length - first);
  to.set(ring.subarray(first, first + untilEnd));
  to.set(ring.subarray(0, to.length - untilEnd), untilEnd);
}
