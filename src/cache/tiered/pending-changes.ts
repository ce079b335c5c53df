/** Something to be forgotten on the server. */
export type SharedChange =
  | { readonly kind: "keys"; readonly keys: readonly string[] }
  | { readonly kind: "tags"; readonly tags: readonly string[] }
  | { readonly kind: "all" };

/** What the server is still to be told; too much of it becomes "forget all". */
export class PendingChanges {
  readonly #limit: number;
  readonly #changes = new Set<SharedChange>();
  /** Keys and tags in all. */
  #names = 0;

  /** @param limit keys and tags */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#changes.size;
  }

  /** @returns whether it was too much */
  add(change: SharedChange): boolean {
    const overflows = this.#names + namesOf(change) > this.#limit;
    if (overflows || change.kind === "all") {
      this.#changes.clear();
      this.#names = 0;
      // Another object each time: the one that is being told now doesn't count for what was forgotten since.
      this.#changes.add({ kind: "all" });
    } else {
      this.#changes.add({ ...change });
      this.#names += namesOf(change);
    }
    return overflows;
  }

  changes(): readonly SharedChange[] {
    return [...this.#changes];
  }

  /** One that was told. */
  remove(change: SharedChange): void {
    if (this.#changes.delete(change)) this.#names -= namesOf(change);
  }
}

function namesOf(change: SharedChange): number {
  if (change.kind === "keys") return change.keys.length;
  return change.kind === "tags" ? change.tags.length : 0;
}
