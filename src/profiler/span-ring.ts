import type { SpanName } from "./span-names.ts";
import type { SpanError, SpanMetadata, SpanRecord } from "./span-record.ts";
import type { EndedSpan } from "./span-store.ts";

/** What few spans have, so that it isn't among the numbers. */
export interface SpanExtra {
  readonly metadata: SpanMetadata | undefined;
  readonly error: SpanError | undefined;
}

const columns = 8;

/**
 * The last `capacity` spans that ended. Numbers stand in one typed array, 64 bytes a span: an object for each, kept for a
 * while, would be copied twice by the collector.
 */
export class SpanRing {
  readonly #capacity: number;
  readonly #rows: Float64Array;
  readonly #extras: (SpanExtra | undefined)[];
  #next = 0;
  #added = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#rows = new Float64Array(capacity * columns);
    this.#extras = new Array(capacity).fill(undefined);
  }

  /** Spans whose place was taken by later ones. */
  get overwritten(): number {
    return Math.max(0, this.#added - this.#capacity);
  }

  add(span: EndedSpan, durationMs: number, selfMs: number, threadId: number): void {
    const slot = this.#next;
    this.#next = slot + 1 === this.#capacity ? 0 : slot + 1;
    this.#added++;
    const rows = this.#rows;
    const { metadata, error } = span;
    const at = slot * columns;
    rows[at] = span.id;
    rows[at + 1] = span.parentId;
    rows[at + 2] = span.of.index;
    rows[at + 3] = span.startMs;
    rows[at + 4] = durationMs;
    rows[at + 5] = selfMs;
    rows[at + 6] = error === undefined ? 0 : 1;
    rows[at + 7] = threadId;
    if (metadata !== undefined || error !== undefined) this.#extras[slot] = { metadata, error };
    else if (this.#extras[slot] !== undefined) this.#extras[slot] = undefined;
  }

  /** @param names all, by index @returns the oldest first, by when they ended */
  records(names: readonly SpanName[]): SpanRecord[] {
    const count = Math.min(this.#added, this.#capacity);
    const first = this.#added > this.#capacity ? this.#next : 0;
    return Array.from({ length: count }, (_, i) => this.#record((first + i) % this.#capacity, names));
  }

  reset(): void {
    this.#extras.fill(undefined);
    this.#next = 0;
    this.#added = 0;
  }

  #record(slot: number, names: readonly SpanName[]): SpanRecord {
    const [id, parentId, name, startMs, durationMs, selfMs, failed, threadId] = this.#rows.subarray(
      slot * columns,
      (slot + 1) * columns,
    ) as unknown as [number, number, number, number, number, number, number, number];
    const extra = this.#extras[slot];
    return {
      id,
      parentId: parentId === 0 ? undefined : parentId,
      name: names[name]!.name,
      category: names[name]!.category,
      metadata: extra?.metadata,
      startMs,
      durationMs,
      selfMs,
      failed: failed === 1,
      error: extra?.error,
      threadId,
    };
  }
}
