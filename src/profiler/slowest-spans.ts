import type { SpanRecord } from "./span-record.ts";

/** The spans that took longest of all that ended, also of those that are no longer in the ring. */
export class SlowestSpans {
  readonly #size: number;
  readonly #spans: SpanRecord[] = [];
  /** Milliseconds; a span that took no longer isn't among the slowest. */
  floorMs = -1;

  constructor(size: number) {
    this.#size = size;
    this.reset();
  }

  /** The slowest first; of equally slow ones, those that came first. */
  get spans(): readonly SpanRecord[] {
    return [...this.#spans];
  }

  offer(span: SpanRecord): void {
    const spans = this.#spans;
    const after = spans.findIndex(({ durationMs }) => durationMs < span.durationMs);
    spans.splice(after === -1 ? spans.length : after, 0, span);
    if (spans.length > this.#size) spans.pop();
    if (spans.length === this.#size) this.floorMs = spans.at(-1)!.durationMs;
  }

  reset(): void {
    this.#spans.length = 0;
    this.floorMs = this.#size === 0 ? Number.POSITIVE_INFINITY : -1;
  }
}
