import type { OlderSamples, Row, Store } from "./store.ts";

/** Rows that one request asks for; the server takes no more. */
const atOnce = 64;

/** Fetches what the server kept before the page came, of the rows that are looked at. */
export class Older {
  readonly #store: Store;
  readonly #wanted = new Set<Row>();
  readonly #onMerged: () => void;
  #isBusy = false;

  /** @param onMerged is told that there is more to draw */
  constructor(store: Store, onMerged: () => void) {
    this.#store = store;
    this.#onMerged = onMerged;
  }

  want(rows: readonly Row[]): void {
    for (const row of rows) if (row.missingFrom !== undefined && row.isLive) this.#wanted.add(row);
    if (!this.#isBusy && this.#wanted.size > 0) void this.#fetchAll();
  }

  async #fetchAll(): Promise<void> {
    this.#isBusy = true;
    try {
      while (this.#wanted.size > 0) {
        const batch = [...this.#wanted].slice(0, atOnce);
        for (const row of batch) this.#wanted.delete(row);
        await this.#fetch(batch.filter(({ missingFrom, isLive }) => missingFrom !== undefined && isLive));
      }
    } catch {
      // The server is away: rows that are still looked at are wanted again with the next sample.
      this.#wanted.clear();
    } finally {
      this.#isBusy = false;
    }
  }

  async #fetch(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const asked = rows.map((row) => ({ row, id: row.id }));
    const from = Math.min(...rows.map(({ missingFrom }) => missingFrom ?? 0));
    const response = await fetch(`/history?rows=${asked.map(({ id }) => id).join(",")}&from=${from}`);
    if (!response.ok) throw new Error(`history: ${response.status}`);
    const older = decoded(await response.arrayBuffer());
    // A row that the server has taken in again meanwhile is another one there.
    for (const { row, id } of asked) if (row.id === id) row.missingFrom = undefined;
    this.#store.merge(older);
    this.#onMerged();
  }
}

/** @see historyBytes on the server's side */
export function decoded(buffer: ArrayBuffer): OlderSamples {
  const view = new DataView(buffer);
  const times = new Float64Array(view.getUint32(0, true));
  const count = view.getUint32(4, true);
  let at = 8 + 8 * count;
  for (let i = 0; i < times.length; i++, at += 8) times[i] = view.getFloat64(at, true);
  const rows = new Map<number, Float32Array[]>();
  for (let row = 0; row < count; row++) {
    const fields = Array.from({ length: view.getUint32(12 + 8 * row, true) }, () => {
      const column = new Float32Array(times.length);
      for (let i = 0; i < times.length; i++, at += 4) column[i] = view.getFloat32(at, true);
      return column;
    });
    rows.set(view.getUint32(8 + 8 * row, true), fields);
  }
  return { times, rows };
}
