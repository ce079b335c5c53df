import type { Batch } from "./batch.ts";

/** Batches in the order in which they came. Linked, so that one that comes and goes alone allocates nothing. */
export class BatchList<K, V> {
  first: Batch<K, V> | undefined;
  last: Batch<K, V> | undefined;

  push(batch: Batch<K, V>): void {
    batch.previous = this.last;
    if (this.last === undefined) this.first = batch;
    else this.last.next = batch;
    this.last = batch;
  }

  /** @param batch one that is in this list */
  remove(batch: Batch<K, V>): void {
    const { previous, next } = batch;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    batch.previous = undefined;
    batch.next = undefined;
  }
}
