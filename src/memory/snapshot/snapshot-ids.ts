/** Which objects were in a snapshot: a bit for each id. */
export class SnapshotIds {
  readonly #bits: Uint32Array;

  constructor(ids: Uint32Array) {
    let highest = 0;
    for (const id of ids) if (id > highest) highest = id;
    this.#bits = new Uint32Array((highest >>> 5) + 1);
    for (const id of ids) this.#bits[id >>> 5]! |= 1 << (id & 31);
  }

  has(id: number): boolean {
    return ((this.#bits[id >>> 5] ?? 0) & (1 << (id & 31))) !== 0;
  }
}
